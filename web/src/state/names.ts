/** Numbers for names, in the order in which they came: one list for all workers, so that bars outlive a connection. */
export class Names {
  readonly list: string[] = []
  private readonly numbers = new Map<string, number>()

  number(name: string): number {
    let number = this.numbers.get(name)
    if (number === undefined) {
      number = this.list.push(name) - 1
      this.numbers.set(name, number)
    }
    return number
  }

  known(name: string): number | undefined {
    return this.numbers.get(name)
  }

  of(number: number): string {
    return this.list[number] ?? '(not named)'
  }
}
