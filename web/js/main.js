import { startLiveNumbers } from "./live-numbers.js";
import { startOrderForm } from "./order-form.js";
import { startOrderList } from "./order-list.js";

const list = startOrderList();
startOrderForm(() => list.showNewest());
startLiveNumbers();
