package io.tributary.capture.sink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;

/**
 * What a committer says of a transaction; nothing, if it was committed.
 *
 * @param committable the transaction
 * @param given filled by the committer
 */
record Answers<C>(C committable, List<String> given) implements Committer.CommitRequest<C> {
  Answers(C committable) {
    this(committable, new ArrayList<>());
  }

  @Override
  public C getCommittable() {
    return committable;
  }

  @Override
  public int getNumberOfRetries() {
    return 0;
  }

  @Override
  public void signalFailedWithKnownReason(Throwable reason) {
    given.add("known: " + reason);
  }

  @Override
  public void signalFailedWithUnknownReason(Throwable reason) {
    given.add("unknown: " + reason);
  }

  @Override
  public void retryLater() {
    given.add("later");
  }

  @Override
  public void updateAndRetryLater(C updated) {
    given.add("later: " + updated);
  }

  @Override
  public void signalAlreadyCommitted() {
    given.add("already");
  }
}
