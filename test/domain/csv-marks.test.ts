import { describe, expect, test } from 'vitest';
import { type Mark, markCsv } from '../../lambdas/domain/csv.ts';
import { chunksOf } from './csv-reading.ts';

const columns = { required: ['imei'], optional: ['note'] };

/** The marks of a file, and how the reading ended. */
async function marked(file: string, bytes: number, size = 1000): Promise<{ marks: Mark[]; fault: string | null }> {
  const marks: Mark[] = [];
  try {
    for await (const mark of markCsv(chunksOf(Buffer.from(file), size), columns, bytes)) marks.push(mark);
    return { marks, fault: null };
  } catch (error) {
    return { marks, fault: String(error) };
  }
}
const mark = (at: number, line: number): Mark => ({ at, line });

describe('the places where a CSV file may be cut', () => {
  // The header has 80 bytes, since a file is looked at once 64 have come, each row 40: the parser holds fewer back.
  const file = [`imei,note,${'x'.repeat(69)}`, ...'12345'.split('').map((n) => `${n},${'y'.repeat(36)},`), ''].join(
    '\n',
  );

  test('are after the header, after every record where each is long enough, and after the last', async () => {
    const all = { marks: [80, 120, 160, 200, 240, 280].map((at, n) => mark(at, n + 2)), fault: null };
    for (const bytes of [1, 2, 39, 40])
      for (const size of [1, 7, 1000])
        expect({ bytes, size, ...(await marked(file, bytes, size)) }).toEqual({ bytes, size, ...all });
  });

  test.each([
    [41, [80, 160, 240, 280]],
    [81, [80, 200, 280]],
    [120, [80, 200, 280]],
    [160, [80, 240, 280]],
    [161, [80, 280]],
    [1000, [80, 280]],
  ])('lie %i bytes apart, or somewhat more', async (bytes, places) => {
    expect(await marked(file, bytes)).toEqual({ marks: places.map((at) => mark(at, (at - 80) / 40 + 2)), fault: null });
  });

  test('count the byte order mark, empty lines and lines within quoted cells', async () => {
    const long = 'z'.repeat(80);
    const { marks } = await marked(`\ufeff\r\nimei,"no\n${long}"\r\n\n1,"a\r\nb\n${long}"\r\n\n2,${long}\n3,c\n`, 1);
    // 3 bytes of the mark, 2 of an empty line and 92 of the header on lines 2 and 3; an empty line of 1; a row of 91 on
    // lines 5 to 7; an empty line, which is short enough to be seen with the row before it; rows of 83 and 4.
    const sure = [mark(97, 4), mark(98, 5), mark(190, 9), mark(273, 10), mark(277, 11)];
    expect(marks.filter(({ at }) => at !== 189)).toEqual(sure);
  });

  test('are one where there is only a header, and none without one', async () => {
    for (const bytes of [1, 1000]) {
      expect(await marked('imei,note\n', bytes)).toEqual({ marks: [mark(10, 2)], fault: null });
      expect(await marked('', bytes)).toEqual({
        marks: [],
        fault: "FileFault: the file can't be read beyond line 1: empty_file",
      });
    }
  });

  test('go no further than the file, whose last line needs no end', async () => {
    for (const bytes of [1, 1000]) {
      const { marks } = await marked('imei\n12', bytes);
      expect(marks).toEqual([mark(5, 2), mark(7, 3)]);
      expect((await marked('\ufeffimei', bytes)).marks).toEqual([mark(7, 2)]);
    }
  });

  test('are those of all records before a fault, which comes after them', async () => {
    const fault = "FileFault: the file can't be read beyond line 4: unclosed_quote";
    for (const bytes of [4, 1000]) {
      const { marks, fault: thrown } = await marked('imei,note\n1,a\n2,b\n3,"c"c\n4,d\n', bytes);
      expect([marks[0], marks.at(-1), thrown]).toEqual([mark(10, 2), mark(18, 4), fault]);
    }
    expect(await marked('note\n1\n', 1)).toMatchObject({
      fault: "FileFault: the file can't be read beyond line 1: missing_column:imei",
    });
  });

  test('end with an error of the source as it is', async () => {
    async function* broken() {
      yield Buffer.from('imei\n1\n2\n');
      throw new RangeError('connection lost');
    }
    const marking = Array.fromAsync(markCsv(broken(), columns, 1000));
    await expect(marking).rejects.toThrow(new RangeError('connection lost'));
  });

  test('are found in a large file whatever its chunks, at most 64 kB later than asked for', async () => {
    const rows = Array.from({ length: 40_000 }, (_, n) => `${String(n).padStart(5, '0')},x\n`).join('');
    for (const size of [10_000_000, 50_000]) {
      const { marks } = await marked(`imei,note\n${rows}`, 100_000, size);
      // 320,000 bytes of rows: two whole stretches at least, and what is left of the third.
      expect(marks.length).toBeGreaterThanOrEqual(3);
      expect(marks.at(-1)).toEqual(mark(320_010, 40_002));
      for (const [n, { at, line }] of marks.entries()) {
        expect(line).toBe((at - 10) / 8 + 2);
        if (n > 0) expect(at - (marks[n - 1]?.at ?? 0)).toBeLessThan(100_000 + 65_536);
      }
    }
  });
});
