package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AssemblyTest {

  @TempDir Path directory;

  private static byte[] segment(int pageSize, long commit, long... pages) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LtxWriter writer = new LtxWriter(out, new LtxHeader(pageSize, commit, 5, 5, 1, 32, 0, 0, 0, 0));
    for (long pgno : pages) {
      byte[] page = new byte[pageSize];
      page[0] = 1;
      page[pageSize - 1] = (byte) pgno;
      writer.page(pgno, page, 0);
    }
    writer.finish();
    return out.toByteArray();
  }

  private Assembly apply(PageFile file, int pageSize, long before, byte[] segment)
      throws IOException {
    file.setLength(before * pageSize);
    Assembly assembly = new Assembly(file, pageSize, before);
    assembly.apply(new ByteArrayInputStream(segment), "key", 5, 5, "all");
    return assembly;
  }

  /** Sparse files, so that a gigabyte costs nothing. */
  @ParameterizedTest
  @ValueSource(ints = {512, 4096, 65536})
  void growth_overTheLockPage_leavesItOut(int pageSize) throws IOException {
    long lock = LtxFiles.lockPage(pageSize);
    Path target = directory.resolve("large.db");
    try (PageFile file = PageFile.create(target)) {
      byte[] segment = segment(pageSize, lock + 2, 1, lock - 1, lock + 1, lock + 2);
      Assembly assembly = apply(file, pageSize, lock - 2, segment);
      assertThat(assembly.pages()).isEqualTo(lock + 2);
      file.place();
    }
    assertThat(Files.size(target)).isEqualTo((lock + 2) * pageSize);
    assertPage(target, pageSize, lock - 1, (byte) (lock - 1));
    assertPage(target, pageSize, lock, (byte) 0);
    assertPage(target, pageSize, lock + 2, (byte) (lock + 2));
  }

  private static void assertPage(Path file, int pageSize, long pgno, byte last) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
      open.seek(pgno * pageSize - 1);
      assertThat(open.readByte()).isEqualTo(last);
    }
  }

  @Test
  void growth_upToTheLockPage_hasItsLength() throws IOException {
    int pageSize = 65_536;
    long lock = LtxFiles.lockPage(pageSize);
    Path target = directory.resolve("large.db");
    try (PageFile file = PageFile.create(target)) {
      apply(file, pageSize, lock - 2, segment(pageSize, lock, lock - 1));
      file.place();
    }
    assertThat(Files.size(target)).isEqualTo(lock * pageSize);
  }

  @Test
  void growth_withoutAPage_isRefused() throws IOException {
    try (PageFile file = PageFile.create(directory.resolve("x.db"))) {
      assertThatThrownBy(() -> apply(file, 512, 3, segment(512, 6, 2, 4, 6)))
          .isInstanceOf(BadObjectException.class)
          .hasMessageContaining("2 new pages from 3 to 6, needed 3 of them");
    }
  }

  @Test
  void otherPageSize_withoutAllPages_isRefused() throws IOException {
    try (PageFile file = PageFile.create(directory.resolve("x.db"))) {
      assertThatThrownBy(() -> apply(file, 512, 3, segment(1024, 3, 1, 3)))
          .isInstanceOf(BadObjectException.class);
    }
    try (PageFile file = PageFile.create(directory.resolve("x.db"))) {
      file.setLength(8 * 512);
      Assembly assembly = new Assembly(file, 512, 8);
      byte[] all = segment(1024, 3, 1, 2, 3);
      assembly.apply(new ByteArrayInputStream(all), "key", 5, 5, "all");
      assertThat(assembly.pageSize()).isEqualTo(1024);
      assertThat(assembly.pages()).isEqualTo(3);
      file.place();
    }
    assertThat(Files.size(directory.resolve("x.db"))).isEqualTo(3 * 1024);
  }

  @Test
  void shrink_toOnePage_hasItsLength() throws IOException {
    Path target = directory.resolve("x.db");
    try (PageFile file = PageFile.create(target)) {
      apply(file, 512, 3, segment(512, 1));
      file.place();
    }
    assertThat(Files.size(target)).isEqualTo(512);
  }

  @Test
  void close_beforeItIsPlaced_leavesNothing() throws IOException {
    Path target = directory.resolve("x.db");
    try (PageFile file = PageFile.create(target)) {
      byte[] page = new byte[65_536];
      for (int i = 0; i < 200; i++) {
        file.write(i * 65_536L, page, page.length); // its threads run
      }
    }
    try (var files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }
}
