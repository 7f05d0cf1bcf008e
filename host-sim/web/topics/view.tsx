// Topics: all that is published and retained, as a tree; and a place to publish and to subscribe.

import { useEffect, useState } from "preact/hooks";
import { sentence } from "../../sentence.js";
import { useLive } from "../live.js";
import type { Subscription } from "../model/link.js";
import type { Session } from "../model/session.js";
import { hrefOf, useRoute } from "../route.js";
import { useSession } from "../session.js";
import { useWords } from "../words.js";
import { Detail } from "./detail.js";
import { EMPTY, type Form } from "./draft.js";
import { bytesText } from "./format.js";
import { Inbox } from "./inbox.js";
import { PublishPanel } from "./publish.js";
import { SubscribePanel } from "./subscribe.js";
import "./topics.css";
import { TopicTree } from "./tree.js";
import { TreeView } from "./treeview.js";

const words = {
	en: {
		search: "Search topics",
		system: "The broker's own ($SYS)",
		open: "Open all",
		close: "Close all",
		sum: (topics: number, messages: number) =>
			`${topics.toLocaleString("en")} ${topics === 1 ? "topic" : "topics"}, ${messages.toLocaleString("en")} ${messages === 1 ? "message" : "messages"}`,
		passedOver: (count: number) => `${count.toLocaleString("en")} messages on more topics than are remembered`,
		withoutPayload: (count: number) => `${count.toLocaleString("en")} payloads not kept: there is room for 1 MB`,
		refused: (filter: string, why: string) => `The broker does not grant ${filter}: ${why}.`,
		trees: "Topics",
		detail: "The chosen topic",
	},
	zh: {
		search: "搜索主题",
		system: "代理自身的主题（$SYS）",
		open: "全部展开",
		close: "全部折叠",
		sum: (topics: number, messages: number) =>
			`${topics.toLocaleString("zh")} 个主题，${messages.toLocaleString("zh")} 条消息`,
		passedOver: (count: number) => `另有 ${count.toLocaleString("zh")} 条消息的主题超出可记录的数量`,
		withoutPayload: (count: number) => `${count.toLocaleString("zh")} 个负载未保存：空间为 1 MB`,
		refused: (filter: string, why: string) => `代理不允许订阅 ${filter}：${why}。`,
		trees: "主题",
		detail: "所选主题",
	},
};

/** As published: what is subscribed to with less is shown with less. */
const QOS = 2;
/** From here on what is granted is a reason, not a QoS. */
const LEAST_REASON = 3;

/** What stays while other views are shown. */
interface Desk {
	readonly inbox: Inbox;
	form: Form;
	filter: string;
}

const desks = new WeakMap<Session, Desk>();

function deskOf(session: Session): Desk {
	let desk = desks.get(session);
	if (desk === undefined) {
		desk = { inbox: new Inbox(session.link), form: EMPTY, filter: "" };
		desks.set(session, desk);
	}
	return desk;
}

export default function TopicsView() {
	const session = useSession();
	const { link } = session;
	const say = useWords(words);
	useLive(link);
	const desk = deskOf(session);
	const [, chosen] = useRoute();
	const [tree] = useState(() => new TopicTree());
	const [search, setSearch] = useState("");
	const [isSystem, setSystem] = useState(false);
	const [selected, setSelected] = useState<string | undefined>(chosen);
	const [form, setForm] = useState(desk.form);
	const [filter, setFilter] = useState(desk.filter);
	desk.form = form;
	desk.filter = filter;
	const feeds = [useFeed(tree, session, "#"), useFeed(tree, session, isSystem ? "$SYS/#" : undefined)];
	const refused = feeds.find(feed => (feed?.granted ?? 0) >= LEAST_REASON);
	useEffect(() => tree.belongTo(link.destination), [tree, link.destination]);
	useEffect(() => {
		if (chosen !== undefined) setSelected(chosen);
	}, [chosen]);
	const select = (topic: string) => {
		setSelected(topic);
		// The address is for who wants to come back: each step in the tree is none to go back to.
		history.replaceState(null, "", hrefOf("topics", topic));
	};
	return (
		<div class="topics">
			<section class="topics-left" aria-label={say.trees}>
				<div class="row">
					<input
						type="search"
						class="topics-search"
						aria-label={say.search}
						placeholder={say.search}
						value={search}
						onInput={({ currentTarget }) => setSearch(currentTarget.value)}
					/>
					<button type="button" onClick={() => tree.openAll(true)}>
						{say.open}
					</button>
					<button type="button" onClick={() => tree.openAll(false)}>
						{say.close}
					</button>
					<label class="row">
						<input
							type="checkbox"
							checked={isSystem}
							onChange={({ currentTarget }) => setSystem(currentTarget.checked)}
						/>
						{say.system}
					</label>
				</div>
				<TreeView tree={tree} search={search} selected={selected} onSelect={select} />
				{refused !== undefined && (
					<p class="wrong topics-sum" role="alert">
						{say.refused(refused.filter, sentence(refused.granted!))}
					</p>
				)}
				<Sum tree={tree} />
			</section>
			<div class="topics-right">
				<section class="panel topics-detail" aria-label={say.detail}>
					<Detail
						tree={tree}
						link={link}
						topic={selected}
						onPublish={topic => setForm({ ...form, topic })}
						onSubscribe={setFilter}
					/>
				</section>
				<PublishPanel link={link} form={form} onForm={setForm} />
				<SubscribePanel link={link} inbox={desk.inbox} filter={filter} onFilter={setFilter} />
			</div>
		</div>
	);
}

/** Lets the tree have what matches the filter, while it is shown. */
function useFeed(tree: TopicTree, { link }: Session, filter: string | undefined): Subscription | undefined {
	const [feed, setFeed] = useState<Subscription | undefined>(undefined);
	useEffect(() => {
		if (filter === undefined) return;
		const subscription = link.subscribe(
			filter,
			message => {
				tree.belongTo(link.destination);
				tree.handle(message, subscription.asked, link.destination?.version === "5.0", performance.now());
			},
			{ qos: QOS, retainAsPublished: true },
		);
		setFeed(subscription);
		return () => {
			subscription.end();
			setFeed(undefined);
		};
	}, [tree, link, filter]);
	return feed;
}

function Sum({ tree }: { readonly tree: TopicTree }) {
	const say = useWords(words);
	useLive(tree);
	const { passedOver, root, withoutPayload } = tree;
	return (
		<p class="hint topics-sum">
			{say.sum(root.topics, root.messages)} · {bytesText(tree.bytes)}
			{passedOver > 0 && ` · ${say.passedOver(passedOver)}`}
			{withoutPayload > 0 && ` · ${say.withoutPayload(withoutPayload)}`}
		</p>
	);
}
