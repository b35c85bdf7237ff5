/** Keep alive of one client [MQTT 5, 3.1.2.10], without a timer: it says what to do when it is asked. */
export class KeepAlive {
  static readonly PINGREQ = Buffer.of(0xc0, 0)

  /** 0 turns it off. */
  seconds: number
  #sentUs = 0
  /** When PINGREQ was sent that nothing has come after; 0 for none. */
  #pingUs = 0

  constructor(seconds: number) {
    this.seconds = seconds
  }

  sent(nowUs: number): void {
    this.#sentUs = nowUs
  }

  /** Any packet proves that the peer is alive. */
  received(): void {
    this.#pingUs = 0
  }

  /** To be called about every second: PINGREQ then goes out before three quarters of the time are over. */
  asks(nowUs: number): 'ping' | 'lost' | undefined {
    if (this.seconds === 0) return undefined
    const limitUs = this.seconds * 1e6
    if (this.#pingUs > 0) return nowUs - this.#pingUs > 1.5 * limitUs ? 'lost' : undefined
    if (nowUs - this.#sentUs < Math.max(limitUs / 2, limitUs * 0.75 - 1.2e6)) return undefined
    this.#pingUs = nowUs
    return 'ping'
  }
}
