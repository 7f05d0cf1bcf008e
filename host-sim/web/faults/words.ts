// What each fault is called, what it does, and what to watch for.

import type { Words } from "../words.js";

export interface FaultWords {
	readonly name: string;
	readonly does: string;
	readonly watch: string;
}

export const FAULT_WORDS: Words<Readonly<Record<string, FaultWords>>> = {
	en: {
		"wifi-loss": {
			name: "Wi-Fi loss",
			does: "The board has left its network; nobody tells the broker.",
			watch:
				"The will fires after one and a half times the keep-alive, or when the board comes back as another connection; readings wait in the outbox and come late; what finds no room there is missing.",
		},
		hang: {
			name: "Half-open link",
			does: "The connection still looks alive on both sides, but no byte gets through.",
			watch:
				"PINGREQ stays unanswered; the board gives the link up, connects anew and sends again what was not acknowledged.",
		},
		partition: {
			name: "Partition",
			does: "Nothing gets through between the board and the broker; Wi-Fi stays.",
			watch: "Connecting fails again and again, with longer waits in between; then what has waited comes late.",
		},
		"slow-link": {
			name: "Slow link",
			does: "Bytes take longer, and fewer of them get through in a second.",
			watch: "The ping rises, acknowledgements come late, and more messages are under way at once.",
		},
		"broker-stop": {
			name: "Broker restart",
			does: "The broker stops, and comes back with the sessions that it had.",
			watch: "All boards go at once and come back spread out; sessions are resumed, nothing at QoS 1 or 2 is lost.",
		},
		"broker-forgets": {
			name: "Broker forgets",
			does: "The broker stops, and comes back without sessions and retained messages.",
			watch: "Session Present is 0: boards subscribe anew, and say again what has to be retained.",
		},
		"power-cut": {
			name: "Power cut",
			does: "The board is dark, and begins anew with what its flash has kept.",
			watch: "The will fires, the board boots, resumes its session and counts one more boot.",
		},
		"sensor-fails": {
			name: "Sensor failure",
			does: "The board's sensors do not answer.",
			watch: "The connection stays; readings come without those values, and diagnostics tell of the problem.",
		},
		"dns-fails": {
			name: "No such host",
			does: "DNS answers that there is no such name. What stands goes on.",
			watch: "Only who has to connect notices: cut the connection as well.",
		},
		captive: {
			name: "Captive portal",
			does: "The network answers every connection itself, and what stands hangs.",
			watch: "There is no CONNACK in what answers; the board does not take it for its broker, and tries again.",
		},
		"low-memory": {
			name: "Low memory",
			does: "The board has no memory for another socket.",
			watch: "What stands goes on; a new connection has to wait.",
		},
		"flash-full": {
			name: "Flash full",
			does: "The board's flash takes nothing new.",
			watch: "What cannot be kept is told as a problem; messages stay in RAM, and the power must not go now.",
		},
		reset: {
			name: "Reset",
			does: "The firmware begins anew, as after a watchdog or an exception.",
			watch: "The will fires where the broker notices the end; the session is resumed, and the boot count rises.",
		},
		cut: {
			name: "Connection reset",
			does: "The connection is reset, and both sides are told.",
			watch: "The will fires at once; the board is back within moments.",
		},
		"dns-silent": {
			name: "DNS silent",
			does: "Questions to DNS stay without an answer.",
			watch: "A new connection has to wait for the timeout of DNS each time.",
		},
		"power-cut-at-write": {
			name: "Power cut while writing",
			does: "The power goes at that flash operation from now on.",
			watch: "What was half written is found out when it boots; nothing acknowledged is lost.",
		},
		"flash-worn": {
			name: "Flash worn out",
			does: "The board's flash takes no write any more, for good.",
			watch: "It works on from RAM, and tells of the problem.",
		},
		"clock-skip": {
			name: "Ticks leap",
			does: "The board's ticks are suddenly further on.",
			watch: "All that waits for a time is due at once.",
		},
		"clock-set": {
			name: "Clock set",
			does: "The board's time of day is suddenly another.",
			watch: "Readings carry the wrong time; nothing else may notice.",
		},
		"clock-drift": {
			name: "Clock drifts",
			does: "The board's clock runs too fast or too slow.",
			watch: "Readings come a little too often, or too seldom.",
		},
		"broker-refuses": {
			name: "Broker refuses",
			does: "The broker takes no new connection, for that reason.",
			watch: "Who is connected stays; cut the connection to see CONNACK with the reason.",
		},
		"broker-answers": {
			name: "Broker answers badly",
			does: "The broker acknowledges late, twice, or what nobody has sent.",
			watch: "Messages stay under way for longer; strange acknowledgements do no harm.",
		},
	},
	zh: {
		"wifi-loss": {
			name: "Wi-Fi 断开",
			does: "设备离开网络，没有人通知代理。",
			watch: "1.5 倍保活时间后，或设备以新连接回来时，遗嘱发布；读数在发件箱中等待，之后补发；发件箱装不下的就会缺失。",
		},
		hang: {
			name: "半开连接",
			does: "连接两端看起来都还在，但任何字节都无法通过。",
			watch: "PINGREQ 得不到应答；设备放弃该连接，重新连接，并重发未确认的消息。",
		},
		partition: {
			name: "网络分区",
			does: "设备与代理之间完全不通，Wi-Fi 仍在。",
			watch: "连接一再失败，等待时间逐渐变长；恢复后补发等待中的读数。",
		},
		"slow-link": {
			name: "慢速链路",
			does: "字节传输变慢，每秒能通过的也更少。",
			watch: "ping 升高，确认变晚，同时在途的消息变多。",
		},
		"broker-stop": {
			name: "代理重启",
			does: "代理停止，恢复时仍保有原来的会话。",
			watch: "所有设备同时断开，错开时间重连；会话恢复，QoS 1 和 QoS 2 的消息不丢失。",
		},
		"broker-forgets": {
			name: "代理失忆",
			does: "代理停止，恢复时会话和保留消息全部丢失。",
			watch: "Session Present 为 0：设备重新订阅，并再次发布需要保留的消息。",
		},
		"power-cut": {
			name: "断电",
			does: "设备断电，之后凭闪存中保存的内容重新启动。",
			watch: "遗嘱发布，设备启动并恢复会话，启动次数加一。",
		},
		"sensor-fails": {
			name: "传感器故障",
			does: "设备的传感器没有应答。",
			watch: "连接仍在；读数缺少相应的值，诊断信息会报告问题。",
		},
		"dns-fails": {
			name: "域名不存在",
			does: "DNS 回答没有这个域名；已有连接不受影响。",
			watch: "只有需要重新连接的设备才会察觉：请同时断开连接。",
		},
		captive: {
			name: "强制门户",
			does: "网络自己应答所有连接，已有连接挂起。",
			watch: "应答中没有 CONNACK；设备不会把它当作代理，并继续重试。",
		},
		"low-memory": {
			name: "内存不足",
			does: "设备没有内存再打开一个套接字。",
			watch: "已有连接继续工作；新连接必须等待。",
		},
		"flash-full": {
			name: "闪存已满",
			does: "设备的闪存写不进新内容。",
			watch: "无法保存会作为问题上报；消息只在内存中，此时不能断电。",
		},
		reset: {
			name: "复位",
			does: "固件重新启动，如同看门狗或异常之后。",
			watch: "代理察觉断开时发布遗嘱；会话恢复，启动次数增加。",
		},
		cut: {
			name: "连接重置",
			does: "连接被重置，两端都会得知。",
			watch: "遗嘱立即发布；设备片刻后回来。",
		},
		"dns-silent": {
			name: "DNS 无应答",
			does: "DNS 查询得不到应答。",
			watch: "每次新建连接都要等到 DNS 超时。",
		},
		"power-cut-at-write": {
			name: "写入时断电",
			does: "从现在起，在指定的那一次闪存操作时断电。",
			watch: "启动时会发现写了一半的内容；已确认的内容不会丢失。",
		},
		"flash-worn": {
			name: "闪存磨损",
			does: "设备的闪存从此无法写入。",
			watch: "设备依靠内存继续工作，并上报问题。",
		},
		"clock-skip": {
			name: "节拍跳跃",
			does: "设备的节拍突然前移。",
			watch: "所有等待时间的事情立即到期。",
		},
		"clock-set": {
			name: "时钟被改",
			does: "设备的日期时间突然改变。",
			watch: "读数带有错误的时间；其他一切不应受影响。",
		},
		"clock-drift": {
			name: "时钟漂移",
			does: "设备的时钟走得太快或太慢。",
			watch: "读数来得稍多或稍少。",
		},
		"broker-refuses": {
			name: "代理拒绝",
			does: "代理以该原因拒绝新的连接。",
			watch: "已连接的保持不变；断开连接即可看到带原因码的 CONNACK。",
		},
		"broker-answers": {
			name: "代理应答异常",
			does: "代理的确认迟到、重复，或确认了没人发送的报文。",
			watch: "消息在途时间变长；异常的确认不会造成损害。",
		},
	},
};

export const FIELD_WORDS: Words<Readonly<Record<string, string>>> = {
	en: {
		latency: "Latency",
		jitter: "Jitter",
		bandwidth: "Bytes/s",
		slice: "Bytes at once",
		operation: "Operation",
		mode: "Mode",
		by: "By",
		ppm: "Millionths",
		reason: "Reason code",
		late: "Late by",
		twice: "% twice",
		wrong: "% wrong",
	},
	zh: {
		latency: "延迟",
		jitter: "抖动",
		bandwidth: "字节/秒",
		slice: "单次字节数",
		operation: "第几次操作",
		mode: "方式",
		by: "幅度",
		ppm: "百万分之",
		reason: "原因码",
		late: "推迟",
		twice: "重复 %",
		wrong: "错误 %",
	},
};
