/**
 * The errors of this library. Every one is a {@link NormgpuError} with a `code` that stays the same between versions; the text may change.
 * A message names the call, the argument, the value found and the value wanted.
 */
export class NormgpuError extends Error {
  /** Stable, machine-readable name of the kind of error. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    // Written out of the code: a program's minifier may rename the class.
    this.name = `${code}-error`.replaceAll(/(?:^|-)./g, (start) => start.at(-1)!.toUpperCase());
  }
}

/** A shape, rank or count of values does not fit. Code `shape`. */
export class ShapeError extends NormgpuError {
  constructor(message: string) {
    super("shape", message);
  }
}

/** An option or argument has a value that it cannot have. Code `option`. */
export class OptionError extends NormgpuError {
  constructor(message: string) {
    super("option", message);
  }
}

/** A tensor was destroyed, belongs to another device, or is both input and output. Code `tensor`. */
export class TensorError extends NormgpuError {
  constructor(message: string, options?: ErrorOptions) {
    super("tensor", message, options);
  }
}

/** The environment or the adapter lacks what the call needs. Code `unsupported`. */
export class UnsupportedError extends NormgpuError {
  constructor(message: string, options?: ErrorOptions) {
    super("unsupported", message, options);
  }
}

/** A tensor or a dispatch would be larger than the device allows. Code `limit`. */
export class LimitError extends NormgpuError {
  constructor(message: string, options?: ErrorOptions) {
    super("limit", message, options);
  }
}

/** A shader did not compile, or its pipeline could not be made. Code `shader`. */
export class ShaderError extends NormgpuError {
  constructor(message: string, options?: ErrorOptions) {
    super("shader", message, options);
  }
}

/** The device is gone; no later call on it can succeed. Code `device-lost`. */
export class DeviceLostError extends NormgpuError {
  constructor(message: string, options?: ErrorOptions) {
    super("device-lost", message, options);
  }
}

/** A file or a saved state is not what its format demands. Code `format`. */
export class FormatError extends NormgpuError {
  constructor(message: string, options?: ErrorOptions) {
    super("format", message, options);
  }
}
