/**
 * Says when each row change is due, at an even rate. Times are counted from the start and never from the last change,
 * so that lateness does not add up. Changes that are overdue by more than `patience` are given up, so that an outage is
 * followed by the given rate and not by a flood.
 */
export class Pace {
  private origin: number;
  private planned = 0;

  /**
   * @param rate row changes per second
   * @param now milliseconds of a steady clock
   * @param patience how far behind is still made up for, milliseconds
   */
  constructor(
    private readonly rate: number,
    now: number,
    private readonly patience = 2_000,
  ) {
    this.origin = now;
  }

  /**
   * Takes the next changes.
   *
   * @returns when they are due, in milliseconds of the same clock; not after `now` if they are due already
   */
  take(changes: number, now: number): number {
    let due = this.origin + (this.planned * 1000) / this.rate;
    if (due < now - this.patience) {
      this.origin += now - due;
      due = now;
    }
    this.planned += changes;
    return due;
  }
}

/** Row changes of one transaction that suit a rate: about a hundred transactions a second, of 3 to 200 changes. */
export function transactionSizeFor(rate: number): number {
  return Math.min(200, Math.max(3, Math.round(rate / 100)));
}
