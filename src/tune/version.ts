/** The version of this library: a choice that another version made is not taken. A test holds it to package.json. */
export const VERSION = "0.1.0";
