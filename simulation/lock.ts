import { closeSync, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** SQLite's code for a file that another process has locked. */
const BUSY = 5;

/**
 * A lock that one process at a time has. It is the kernel's lock on a file, which SQLite takes, and it ends with its process: a file that a
 * killed process leaves behind keeps nobody out.
 */
export class Lock {
  readonly #path: string;
  readonly #file: number;
  readonly #database: DatabaseSync;

  private constructor(path: string, file: number, database: DatabaseSync) {
    this.#path = path;
    this.#file = file;
    this.#database = database;
  }

  /**
   * Takes the lock, at once or not at all.
   * @param path the file that is locked; it is made if it isn't there
   * @returns undefined while another process has it
   * @throws the file system's error where the file can't be made or written
   */
  static take(path: string): Lock | undefined {
    for (;;) {
      // The descriptor stays open as long as the lock is held: a process that closes any descriptor of a file loses its locks on it, and an
      // open file's inode number is not given to another file.
      const file = openSync(path, 'a');
      let database: DatabaseSync | undefined;
      try {
        database = new DatabaseSync(path);
        database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
        // The process that had the lock may have removed the file meanwhile: then this lock is on a file that nobody else will find.
        if (statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(file).ino)
          return new Lock(path, file, database);
        close(file, database);
      } catch (error) {
        close(file, database);
        if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
        throw error;
      }
    }
  }

  /** Removes the file and gives the lock up. */
  release(): void {
    rmSync(this.#path, { force: true });
    close(this.#file, this.#database);
  }
}

function close(file: number, database: DatabaseSync | undefined): void {
  database?.close();
  closeSync(file);
}
