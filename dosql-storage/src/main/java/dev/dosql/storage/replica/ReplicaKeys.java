package dev.dosql.storage.replica;

import dev.dosql.storage.ltx.LtxFiles;

/** The keys of one tenant; the layout is Litestream's, but for the head. */
record ReplicaKeys(String prefix) {

  String head() {
    return prefix + "/head.json";
  }

  String segment(String lineage, long txid) {
    return prefix + "/" + lineage + "/0000/" + LtxFiles.name(txid, txid);
  }

  String snapshot(String lineage, long txid) {
    return prefix + "/" + lineage + "/0009/" + LtxFiles.name(1, txid);
  }
}
