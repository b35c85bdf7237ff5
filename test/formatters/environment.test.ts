import { describe, expect, it } from 'vitest'
import { messageEnvironment } from '../../src/formatters/environment.ts'
import { messageOf } from './message-of.ts'

describe('messageEnvironment', () => {
  it('has a variable for each thing that the message has', () => {
    const message = messageOf({
      topic: 'a/b',
      qos: 2,
      retain: true,
      properties: {
        contentType: 'text/plain',
        responseTopic: 'r/s',
        correlationData: Buffer.from([0, 255, 10]),
        payloadFormatIndicator: 1,
        messageExpiryInterval: 4_294_967_295,
        userProperties: [
          ['k', 'v'],
          ['', ''],
          ['k', 'w'],
        ],
      },
    })
    message.filter = 'a/+'
    expect(messageEnvironment(message, { PATH: '/bin' })).toEqual({
      PATH: '/bin',
      MQTT_TOPIC: 'a/b',
      MQTT_QOS: '2',
      MQTT_RETAIN: '1',
      MQTT_FILTER: 'a/+',
      MQTT_CONTENT_TYPE: 'text/plain',
      MQTT_RESPONSE_TOPIC: 'r/s',
      MQTT_CORRELATION_DATA: 'AP8K',
      MQTT_PAYLOAD_FORMAT_INDICATOR: '1',
      MQTT_MESSAGE_EXPIRY_INTERVAL: '4294967295',
      MQTT_USER_PROPERTIES: '3',
      MQTT_USER_PROPERTY_NAME_1: 'k',
      MQTT_USER_PROPERTY_VALUE_1: 'v',
      MQTT_USER_PROPERTY_NAME_2: '',
      MQTT_USER_PROPERTY_VALUE_2: '',
      MQTT_USER_PROPERTY_NAME_3: 'k',
      MQTT_USER_PROPERTY_VALUE_3: 'w',
    })
  })

  it('has none for what the message lacks, also where an outer command has left one', () => {
    const outer = {
      MQTT_TOPIC: 'outer',
      MQTT_FILTER: 'outer',
      MQTT_RESPONSE_TOPIC: 'outer',
      MQTT_CORRELATION_DATA: 'outer',
      MQTT_USER_PROPERTY_NAME_12: 'outer',
      MQTT_USER: 'joe',
      MQTT_USER_PROPERTY_NAMES: 'mine',
    }
    expect(messageEnvironment(messageOf({ topic: 't' }), outer)).toEqual({
      MQTT_TOPIC: 't',
      MQTT_QOS: '0',
      MQTT_RETAIN: '0',
      MQTT_USER_PROPERTIES: '0',
      MQTT_USER: 'joe',
      MQTT_USER_PROPERTY_NAMES: 'mine',
    })
  })
})
