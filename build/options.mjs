/** A count that a command line gives. @param {string} name @param {string} value @returns {number} @throws Error that names the option, what it is and what was wanted */
export function countOption(name, value) {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new Error(`--${name} is ${value}; wanted an integer from 1`);
}

/** A word of a command line, one of those that are known. @param {string} name @param {string} value @param {readonly string[]} known @throws Error that names the option, what it is and what was wanted */
export function choiceOption(name, value, known) {
  if (known.includes(value)) return value;
  throw new Error(`--${name} is ${value}; wanted ${known.join(" or ")}`);
}
