declare const brand: unique symbol;
/** A string that only the parser of `Name` makes. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };
