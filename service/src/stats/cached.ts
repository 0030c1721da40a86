/** A value that is costly to get, got at most once per period however many ask. Failures count as values. */
export class Cached<Value> {
  private current: Promise<Value> | undefined;

  /**
   * @param period how old a value may be; milliseconds, from the moment it was there
   * @param load gets a new one
   */
  constructor(
    private readonly period: number,
    private readonly load: () => Promise<Value>,
  ) {}

  get(): Promise<Value> {
    if (this.current) return this.current;
    const loading = this.load();
    this.current = loading;
    const expire = () => setTimeout(() => (this.current = undefined), this.period).unref();
    loading.then(expire, expire);
    return loading;
  }
}
