import type { Random } from "../ports/random.ts";

/**
 * Chance by seed (xoshiro128**, seeded by SplitMix32): the same seed gives the same run on every
 * runtime. Not for secrets.
 */
export class SimRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    };
    [this.#a, this.#b, this.#c, this.#d] = [next(), next(), next(), next()];
  }

  fraction(): number {
    return (this.#bits() >>> 5) * 2 ** -27 + (this.#bits() >>> 6) * 2 ** -53;
  }

  uuid(): string {
    const words = [this.#bits(), this.#bits(), this.#bits(), this.#bits()];
    const hex = words.map((word) => word.toString(16).padStart(8, "0")).join("");
    const variant = "89ab"[parseInt(hex.charAt(16), 16) & 3];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-` +
      `${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** A whole number in [0, below). */
  integer(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** Independent chance for one part of a run: what that part draws does not disturb the others. */
  fork(): SimRandom {
    return new SimRandom(this.#bits());
  }

  #bits(): number {
    const scaled = Math.imul(this.#b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }
}
