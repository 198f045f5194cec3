// What a server says of itself in RPL_ISUPPORT (modern.ircdocs.horse/#feature-advertisement), and what follows from it:
// which names are equal, and which are rooms'.

export class Features {
  private readonly tokens = new Map<string, string>();

  /** Takes the tokens of one 005 line, without the nick before and the sentence behind them. */
  take(tokens: readonly string[]): void {
    for (const token of tokens) {
      if (token.startsWith("-")) {
        this.tokens.delete(token.slice(1));
        continue;
      }
      const equals = token.indexOf("=");
      this.tokens.set(equals < 0 ? token : token.slice(0, equals), equals < 0 ? "" : token.slice(equals + 1));
    }
  }

  has(name: string): boolean {
    return this.tokens.has(name);
  }

  text(name: string, otherwise: string): string {
    return this.tokens.get(name) ?? otherwise;
  }

  /** A number that is at least 1; `otherwise` if the server says none. */
  number(name: string, otherwise: number): number {
    const value = Number(this.tokens.get(name));
    return Number.isSafeInteger(value) && value > 0 ? value : otherwise;
  }

  /** By which names are compared: of equal names the folded forms are equal. */
  fold(name: string): string {
    const mapping = this.text("CASEMAPPING", "ascii");
    const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    if (mapping === "ascii") return lower;
    const brackets: Readonly<Record<string, string>> = {"[": "{", "]": "}", "\\": "|", "~": "^"};
    return lower.replace(mapping === "rfc1459" ? /[[\]\\~]/g : /[[\]\\]/g, (letter) => brackets[letter] ?? letter);
  }

  isRoom(name: string): boolean {
    return name !== "" && this.text("CHANTYPES", "#").includes(name.charAt(0));
  }

  /** Roles, the highest first: the mode's letter and the sign before the nick. */
  roles(): {mode: string; sign: string}[] {
    const found = /^\(([a-zA-Z]+)\)(.+)$/.exec(this.text("PREFIX", "(ov)@+"));
    const modes = found?.[1] ?? "";
    const signs = found?.[2] ?? "";
    if (modes.length !== signs.length) return [];
    return [...modes].map((mode, index) => ({mode, sign: signs.charAt(index)}));
  }

  /** Whether a change of a room's mode comes with an argument. */
  modeTakesArgument(mode: string, adding: boolean): boolean {
    const [lists = "", always = "", whenSet = ""] = this.text("CHANMODES", "b,k,l,imnst").split(",");
    if (this.roles().some((role) => role.mode === mode)) return true;
    return lists.includes(mode) || always.includes(mode) || (adding && whenSet.includes(mode));
  }
}
