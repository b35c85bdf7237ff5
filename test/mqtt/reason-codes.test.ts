import { describe, expect, it } from 'vitest'
import { adviceFor, isPassing, reasonName } from '../../src/mqtt/reason-codes.ts'

describe('reasonName', () => {
  it.each([
    [1, 'unacceptable protocol version (1)'],
    [2, 'identifier rejected (2)'],
    [3, 'server unavailable (3)'],
    [4, 'bad user name or password (4)'],
    [5, 'not authorized (5)'],
    [6, 'unknown reason (6)'],
    [16, 'No matching subscribers (16)'],
    [17, 'No subscription existed (17)'],
    [127, 'unknown reason (127)'],
    [128, 'Unspecified error (128)'],
    [129, 'Malformed Packet (129)'],
    [130, 'Protocol Error (130)'],
    [131, 'Implementation specific error (131)'],
    [132, 'Unsupported Protocol Version (132)'],
    [133, 'Client Identifier not valid (133)'],
    [134, 'Bad User Name or Password (134)'],
    [135, 'Not authorized (135)'],
    [136, 'Server unavailable (136)'],
    [137, 'Server busy (137)'],
    [138, 'Banned (138)'],
    [139, 'Server shutting down (139)'],
    [140, 'Bad authentication method (140)'],
    [141, 'Keep Alive timeout (141)'],
    [142, 'Session taken over (142)'],
    [143, 'Topic Filter invalid (143)'],
    [144, 'Topic Name invalid (144)'],
    [145, 'Packet Identifier in use (145)'],
    [146, 'Packet Identifier not found (146)'],
    [147, 'Receive Maximum exceeded (147)'],
    [148, 'Topic Alias invalid (148)'],
    [149, 'Packet too large (149)'],
    [150, 'Message rate too high (150)'],
    [151, 'Quota exceeded (151)'],
    [152, 'Administrative action (152)'],
    [153, 'Payload format invalid (153)'],
    [154, 'Retain not supported (154)'],
    [155, 'QoS not supported (155)'],
    [156, 'Use another server (156)'],
    [157, 'Server moved (157)'],
    [158, 'Shared Subscriptions not supported (158)'],
    [159, 'Connection rate exceeded (159)'],
    [160, 'Maximum connect time (160)'],
    [161, 'Subscription Identifiers not supported (161)'],
    [162, 'Wildcard Subscriptions not supported (162)'],
    [163, 'unknown reason (163)'],
    [255, 'unknown reason (255)'],
  ])('of %d is %s', (code, name) => {
    expect(reasonName(code)).toBe(name)
  })
})

describe('adviceFor', () => {
  it.each([
    [1, '-V'],
    [132, '-V'],
    [2, '-i'],
    [133, '-i'],
    [4, '-u'],
    [134, '-u'],
    [5, '-u'],
    [135, '-u'],
  ])('%d names %s', (code, option) => {
    expect(adviceFor(code)).toMatch(/^; /)
    expect(adviceFor(code)).toContain(option)
  })

  it.each([0, 3, 128, 137, 255])('%d has nothing to say', (code) => {
    expect(adviceFor(code)).toBe('')
  })
})

describe('isPassing', () => {
  it('is so for a broker that is busy or restarting, never for a refusal that will be repeated', () => {
    const passing = Array.from({ length: 256 }, (_, code) => code).filter(isPassing)
    expect(passing).toEqual([3, 128, 136, 137, 139, 147, 151, 152, 159, 160])
  })
})
