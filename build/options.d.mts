export function countOption(name: string, value: string): number;
