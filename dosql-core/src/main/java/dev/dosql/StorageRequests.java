package dev.dosql;

/**
 * How many requests were made of a store, and how many bytes went with them. Retries count, as they
 * do on the bill.
 *
 * @param puts objects put, refused ones included
 * @param gets objects or ranges read, absent ones included
 * @param lists pages listed
 * @param deletes objects deleted
 * @param bytesPut bytes sent
 * @param bytesGot bytes received
 */
public record StorageRequests(
    long puts, long gets, long lists, long deletes, long bytesPut, long bytesGot) {
  private static final double MILLION = 1e6;

  /**
   * What the requests cost at Amazon S3 Standard's list prices in us-east-1: $5 a million puts and
   * lists, $0.40 a million gets; deleting is free. Traffic and storage are not in it.
   *
   * @return US dollars
   */
  public double costOnS3() {
    return ((puts + lists) * 5.0 + gets * 0.4) / MILLION;
  }

  /**
   * What the requests cost at Cloudflare R2's list prices: $4.50 a million puts and lists, $0.36 a
   * million gets; deleting and traffic are free, and so are a million and ten million a month,
   * which are not taken off here.
   *
   * @return US dollars
   */
  public double costOnR2() {
    return ((puts + lists) * 4.5 + gets * 0.36) / MILLION;
  }
}
