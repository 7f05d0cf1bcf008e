// What the page says of boards that see, in both languages.

import type { Language } from "../words.js";

/** The labels of the model that comes with the simulator; others are as the board says them. */
const LABELS: Readonly<Record<string, string>> = {
	"T-shirt": "T 恤",
	Trouser: "裤子",
	Pullover: "套头衫",
	Dress: "连衣裙",
	Coat: "外套",
	Sandal: "凉鞋",
	Shirt: "衬衫",
	Sneaker: "运动鞋",
	Bag: "包",
	"Ankle boot": "短靴",
};

export function labelText(label: string, language: Language): string {
	return language === "zh" && Object.hasOwn(LABELS, label) ? LABELS[label]! : label;
}

/** From 0 to 1, in percent with one decimal. */
export function percentText(share: number): string {
	return `${(share * 100).toFixed(1)} %`;
}

/** What a board says where it will not. */
type Refusal = "busy" | "wrong-type" | "no-picture" | "not-supported" | "unknown-command" | "too-long" | "failed";

const refusals: { en: Readonly<Record<Refusal, string>>; zh: Readonly<Record<Refusal, string>> } = {
	en: {
		busy: "It is busy with another picture. Try again in a moment.",
		"wrong-type": "Its network does not take pictures of 28 by 28.",
		"no-picture": "It has not seen any picture yet.",
		"not-supported": "It has no camera.",
		"unknown-command": "It does not know this command: it cannot be shown anything.",
		"too-long": "The message is too long for it.",
		failed: "It has failed to do so.",
	},
	zh: {
		busy: "它正忙于另一张图片，请稍后再试。",
		"wrong-type": "它的网络不接受 28×28 的图片。",
		"no-picture": "它还没有看过任何图片。",
		"not-supported": "它没有摄像头。",
		"unknown-command": "它不认识这个命令，无法给它看图片。",
		"too-long": "消息对它来说太长。",
		failed: "它没能做到。",
	},
};

/** A board's word for a refusal, as a sentence. */
export function refusalText(word: string, language: Language): string {
	const known = refusals[language];
	return Object.hasOwn(known, word) ? known[word as Refusal] : recognitionWords[language].refused(word);
}

export const recognitionWords = {
	en: {
		none: "No board has said what it sees yet. Boards that see come with:",
		boards: "Boards that see",
		search: "Search boards",
		more: (count: number) => `${count} more: type to narrow them down.`,
		nothingFound: "No board has this in its name.",
		noAnswer: "No answer has come from this board yet.",
		picture: (number: number) => `Picture ${number}`,
		history: (board: string) => `The last answers of ${board}`,
		time: "Time",
		number: "Picture",
		answer: "Answer",
		confidence: "Confidence",
		took: "Took",
		source: "From",
		sources: { camera: "camera", sent: "sent" },
		model: (name: string) => `Model ${name}`,
		unknownPicture: "picture not known to this page",
		pictureOf: (label: string) => `Picture, recognised as ${label}`,
		showTitle: "Show it something",
		showHint:
			"Clothes, shoes and bags are what it knows. A file can be dropped anywhere on this page. Nothing leaves for anywhere but the broker.",
		kind: "Picture from",
		kinds: { file: "File", drawing: "Drawing", camera: "Camera" },
		file: "Choose a picture, or drop one here",
		noPicture: "That is no picture that this browser can read.",
		pen: "Pen",
		pens: { thin: "Thin", medium: "Medium", thick: "Thick", eraser: "Eraser" },
		clear: "Clear",
		canvas: "Drawing area; a file can be used instead of drawing",
		drawHint: "Draw light on dark with mouse, pen or finger; fill shapes with the thick pen. Or choose a file.",
		cameraWaits: "Waiting for the camera …",
		cameraOff: "The camera may not be used here: the browser or somebody has refused it.",
		cameraNone: "There is no camera.",
		cameraInsecure: "Browsers give a camera only to pages over https, or on this machine itself.",
		preview: "As the board will see it (28×28)",
		invert: "Invert",
		send: (board: string) => `Show it to ${board}`,
		yours: "What you have shown",
		yourPicture: "The picture that was shown",
		sent: "Sent; no answer yet.",
		late: "Sent; no answer yet. A board that is away gets it later; one without commands never answers.",
		taken: (number: number | undefined) =>
			number === undefined ? "It looks at it." : `It looks at it: picture ${number}.`,
		lost: "It has taken the picture, but has not said what it sees: it may have restarted.",
		done: (label: string, percent: string, ms: string) => `${label}, ${percent}, after ${ms} ms`,
		unsent: (sentence: string) => `Not sent: ${sentence}.`,
		refused: (word: string) => `Refused: ${word}.`,
		eyeTitle: "Show me what you see",
		eye: "Show me",
		follow: "Every 2 s",
		eyeHint: "The board's last picture comes only when asked for.",
		eyePicture: (board: string) => `The last picture of ${board}`,
		eyeNone: "Not asked for yet",
		dropHere: "Drop the picture",
	},
	zh: {
		none: "还没有开发板说出它看到了什么。运行带识别功能的开发板：",
		boards: "会识别的开发板",
		search: "搜索设备",
		more: (count: number) => `另有 ${count} 台，请输入文字缩小范围。`,
		nothingFound: "没有名称含该文字的设备。",
		noAnswer: "这块开发板还没有给出结果。",
		picture: (number: number) => `图片 ${number}`,
		history: (board: string) => `${board} 最近的结果`,
		time: "时间",
		number: "图片",
		answer: "结果",
		confidence: "置信度",
		took: "用时",
		source: "来源",
		sources: { camera: "摄像头", sent: "发送" },
		model: (name: string) => `模型 ${name}`,
		unknownPicture: "本页没有这张图片",
		pictureOf: (label: string) => `图片，识别为${label}`,
		showTitle: "给它看一张图",
		showHint: "它认识衣服、鞋子和包。可以把文件拖放到本页任意位置。图片只发送给代理，不会去往别处。",
		kind: "图片来源",
		kinds: { file: "文件", drawing: "手绘", camera: "摄像头" },
		file: "选择一张图片，或拖放到这里",
		noPicture: "浏览器无法读取这张图片。",
		pen: "画笔",
		pens: { thin: "细", medium: "中", thick: "粗", eraser: "橡皮" },
		clear: "清空",
		canvas: "画板；也可以改用文件",
		drawHint: "用鼠标、触控笔或手指在深色底上画浅色图形，用粗笔涂满形状。也可以选择文件。",
		cameraWaits: "正在等待摄像头……",
		cameraOff: "无法使用摄像头：被浏览器或用户拒绝。",
		cameraNone: "没有摄像头。",
		cameraInsecure: "只有 https 页面或本机页面才能使用摄像头。",
		preview: "开发板将看到的样子（28×28）",
		invert: "反相",
		send: (board: string) => `给 ${board} 看`,
		yours: "你给它看过的",
		yourPicture: "给它看的图片",
		sent: "已发送，尚无应答。",
		late: "已发送，尚无应答。离线的开发板稍后会收到；没有启用命令的开发板不会应答。",
		taken: (number: number | undefined) => (number === undefined ? "它正在看。" : `它正在看：图片 ${number}。`),
		lost: "它收下了图片，但没有说出结果：可能已经重启。",
		done: (label: string, percent: string, ms: string) => `${label}，${percent}，${ms} 毫秒后`,
		unsent: (sentence: string) => `未发送：${sentence}。`,
		refused: (word: string) => `被拒绝：${word}。`,
		eyeTitle: "让我看看你看到的",
		eye: "给我看",
		follow: "每 2 秒",
		eyeHint: "只有在索取时，开发板才会发出它的最后一张图片。",
		eyePicture: (board: string) => `${board} 的最后一张图片`,
		eyeNone: "尚未索取",
		dropHere: "松开以放下图片",
	},
};

export type RecognitionWords = (typeof recognitionWords)["en"];
