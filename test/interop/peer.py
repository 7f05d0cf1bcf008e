# A client of another make, in another language, for the tests beside it: paho. It does what it is told on stdin, a JSON
# command a line, and tells on stdout what happens, a JSON event a line; payloads are in base64, correlation data is in hex.
# Each command has a number, which the event that ends it repeats. What goes wrong is told on stderr, and the status is
# then not 0. All is done in one thread, so that no event overtakes another.
#
#     /usr/bin/python3 peer.py PORT VERSION CLIENT_ID      VERSION: 4 for MQTT 3.1.1, 5 for 5.0
#
#     {"number": 1, "command": "connect", "clean": true, "properties": {}, "will": null}     -> connected
#     {"number": 2, "command": "subscribe", "filter": "a", "qos": 1, "properties": {}}       -> subscribed
#     {"number": 3, "command": "publish", "topic": "a", "payload": "", "qos": 1, "retain": false, "properties": {}}
#                                                                                            -> published
#     {"number": 4, "command": "disconnect", "reason": 0, "properties": {}}                  -> disconnected

import base64
import json
import os
import select
import sys

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCodes
from paho.mqtt.subscribeoptions import SubscribeOptions

PORT, VERSION, CLIENT_ID = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
FIVE = VERSION == MQTTv5


def tell(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def properties(packet, given):
    """Properties of 5.0 from their names as the tests write them: contentType is ContentType here."""
    if not FIVE:
        return None
    made = Properties(packet)
    for name, value in given.items():
        setattr(made, name[0].upper() + name[1:], bytes.fromhex(value) if name == "correlationData" else value)
    return made


def told(made):
    """The same the other way round."""
    return {name[0].lower() + name[1:]: value for name, value in made.json().items()} if FIVE else {}


class Peer:
    def __init__(self):
        self.client = None
        self.connecting = None
        # Numbers of commands that wait for an answer: by packet id, and with paho's own account of a publish.
        self.subscribing = {}
        self.publishing = []

    def connect(self, number, given):
        client = Client(CLIENT_ID, protocol=VERSION, **({} if FIVE else {"clean_session": given["clean"]}))
        client.on_connect = self.on_connect
        client.on_subscribe = self.on_subscribe
        client.on_message = self.on_message
        client.on_disconnect = self.on_disconnect
        will = given["will"]
        if will is not None:
            payload = base64.b64decode(will["payload"])
            block = properties(PacketTypes.WILLMESSAGE, will["properties"])
            client.will_set(will["topic"], payload, will["qos"], will["retain"], block)
        self.client, self.connecting = client, number
        block = properties(PacketTypes.CONNECT, given["properties"])
        client.connect("127.0.0.1", PORT, **({"clean_start": given["clean"], "properties": block} if FIVE else {}))

    def subscribe(self, number, given):
        if FIVE:
            names = ("qos", "noLocal", "retainAsPublished", "retainHandling")
            options = SubscribeOptions(**{name: given[name] for name in names if name in given})
            block = properties(PacketTypes.SUBSCRIBE, given["properties"])
            _, packet_id = self.client.subscribe(given["filter"], options=options, properties=block)
        else:
            _, packet_id = self.client.subscribe(given["filter"], given["qos"])
        self.subscribing[packet_id] = number

    def publish(self, number, given):
        block = properties(PacketTypes.PUBLISH, given["properties"])
        payload = base64.b64decode(given["payload"])
        info = self.client.publish(given["topic"], payload, given["qos"], given["retain"], block)
        self.publishing.append((number, info))

    def disconnect(self, number, given):
        if FIVE:
            reason = ReasonCodes(PacketTypes.DISCONNECT, identifier=given["reason"])
            self.client.disconnect(reason, properties(PacketTypes.DISCONNECT, given["properties"]))
        else:
            self.client.disconnect()
        tell("disconnected", number=number)

    def on_connect(self, client, userdata, flags, code, block=None):
        if code != 0:
            sys.exit(f"{CLIENT_ID}: refused: {code}")
        tell("connected", number=self.connecting, sessionPresent=flags["session present"] == 1)

    def on_subscribe(self, client, userdata, packet_id, codes, block=None):
        tell("subscribed", number=self.subscribing.pop(packet_id), codes=[code.value for code in codes] if FIVE else codes)

    def on_message(self, client, userdata, message):
        tell(
            "message",
            topic=message.topic,
            payload=base64.b64encode(message.payload).decode(),
            qos=message.qos,
            retain=bool(message.retain),
            properties=told(message.properties) if FIVE else {},
        )

    def on_disconnect(self, client, userdata, code, block=None):
        if code != 0:
            sys.exit(f"{CLIENT_ID}: connection lost: {code}")

    def run(self):
        rest = b""
        while True:
            socket = self.client and self.client.socket()
            sockets = [socket] if socket else []
            writing = sockets if sockets and self.client.want_write() else []
            readable, writable, _ = select.select([sys.stdin, *sockets], writing, [], 1)
            if socket in readable:
                self.client.loop_read()
            if socket in writable:
                self.client.loop_write()
            if socket:
                self.client.loop_misc()
            if sys.stdin in readable:
                data = os.read(sys.stdin.fileno(), 65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    given = json.loads(line)
                    getattr(self, given["command"])(given["number"], given)
            for number, info in self.publishing:
                if info.is_published():
                    tell("published", number=number)
            self.publishing = [entry for entry in self.publishing if not entry[1].is_published()]


Peer().run()
