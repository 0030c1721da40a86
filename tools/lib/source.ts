import { database } from "../../components/tables";
import { readSecret, type StackOutputs } from "./pulumi";

/** How to reach the source, in the words of mysql2. */
export interface SourceAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * How one of the source's users reaches it from the host.
 *
 * @param user whose secret the stack keeps, e.g. `verify`
 */
export function sourceOf(
  stack: string,
  { mysqlAddress }: Pick<StackOutputs, "mysqlAddress">,
  user: string,
): SourceAccess {
  const [host = "", port = ""] = mysqlAddress.split(":");
  return { host, port: Number(port), user, password: readSecret(stack, `mysql-${user}-password`), database };
}
