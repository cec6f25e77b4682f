export function countOption(name: string, value: string): number;
export function choiceOption<const Word extends string>(name: string, value: string, known: readonly Word[]): Word;
