import { z } from "zod";
import { amount, exactText, oneOf, wholeNumber, wholeNumberText } from "../http/fields";
import { orderStatuses, parsePlace } from "./order";

const notAnObject = "the body must be a JSON object";

/** Body of `POST /api/orders`. */
export const createOrder = z.strictObject(
  {
    user_id: wholeNumber(1, Number.MAX_SAFE_INTEGER).meta({ example: 1 }),
    product_name: exactText(255).meta({ example: "Test Product" }),
    quantity: wholeNumber(1, 2_147_483_647).meta({ example: 1 }),
    total_price: amount().meta({ description: "Exact, at most two decimals", example: 100 }),
    status: oneOf(orderStatuses).default("pending"),
  },
  notAnObject,
);

/** Body of `PATCH /api/orders/:id`. */
export const changeOrder = z
  .strictObject({ status: oneOf(orderStatuses) }, notAnObject)
  .meta({ example: { status: "paid" } });

/** Query of `GET /api/orders`. */
export const listOrders = z
  .strictObject({
    limit: wholeNumberText(1, 200).default(20).meta({ description: "Orders on a page" }),
    page: wholeNumberText(1, 100)
      .optional()
      .meta({ description: "Number of the page. Orders placed meanwhile push others to later pages" }),
    before: z
      .string("must be given once")
      .transform((text, context) => {
        const place = parsePlace(text);
        if (place) return place;
        context.addIssue("must be the next_before of an earlier page");
        return z.NEVER;
      })
      .optional()
      .meta({ description: "Follows the list without gaps or doubles: next_before of the page before" }),
  })
  .refine(
    ({ page, before }) => page === undefined || before === undefined,
    "give either page or before, not both",
  );

/** `:id` */
export const orderId = z.object({ order_id: wholeNumberText(1, Number.MAX_SAFE_INTEGER) });

/** An order in an answer. */
export const orderBody = z.object({
  order_id: z.int().meta({ example: 1001 }),
  user_id: z.int().meta({ example: 500 }),
  product_name: z.string().meta({ example: "Laptop" }),
  quantity: z.int().meta({ example: 2 }),
  total_price: z.string().meta({ description: "Always two decimals", example: "2000.00" }),
  status: z.enum(orderStatuses),
  created_at: z.string().meta({ format: "date-time", example: "2025-01-11T10:30:00.123456Z" }),
});

/** A page of orders. */
export const orderPageBody = z.object({
  items: z.array(orderBody).meta({ description: "Newest first" }),
  next_before: z
    .string()
    .nullable()
    .meta({ description: "Give it as `before` to get the page that follows; null on the last" }),
});
