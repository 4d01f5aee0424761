import Testing

@testable import PawlGuard

@Suite struct `A flood of lines` {
  private static let flood = String(repeating: "val_bpb: not yet\n", count: 200_000)

  @Test func `that hold the word hides no metric printed behind it`() throws {
    let reading = try read(Self.flood + "val_bpb: 0.5\n", chunks: 1 << 16)
    #expect(reading.value == 0.5)
    #expect(reading.remark == nil)
  }

  @Test func `of half a mebibyte hides no metric printed in front of it`() throws {
    let noise = String(repeating: "val_bpb: skipped because of a long story\n", count: 9_000)
    let reading = try read("val_bpb: 0.5\n" + noise, chunks: 1 << 16)
    #expect(reading.value == 0.5)
  }

  @Test func `of metrics still gives the last one`() throws {
    let output = (1...100_000).map { "val_bpb: \($0)\n" }.joined()
    let reading = try read(output, chunks: 1 << 16)
    #expect(reading.value == 100_000)
    #expect(reading.remark == "metric printed more than 64 times; the last one counts")
  }

  @Test func `of metrics is remembered when other lines follow that push it out`() throws {
    let output = (1...100_000).map { "val_bpb: \($0)\n" }.joined()
    let reading = try read(output + Self.flood, chunks: 1 << 16)
    #expect(reading.value != nil)
  }

  @Test func `without any required word gives the last number among the newest lines`() throws {
    let noise = String(repeating: "step of the training\n", count: 200_000)
    let reading = try read(noise + "0.75\n" + "done\n", pattern: "^([0-9.]+)$", chunks: 1 << 16)
    #expect(reading.value == 0.75)
  }

  @Test(arguments: [1_000, 100_000, 400_000]) func `keeps a bounded number of bytes`(count: Int) throws {
    var track = LineTrack(pattern: try MetricPattern("val_bpb: ([0-9]+)"))
    for _ in 0..<count {
      "val_bpb: none".utf8.withContiguousStorageIfAvailable { track.append(UnsafeRawBufferPointer($0)) }
      #expect(track.waitingBytes <= LineTrack.waitingLimit)
    }
  }
}

@Suite struct `The search for line breaks` {
  @Test func `agrees with one byte after another`() {
    var random = SplitMix(state: 5)
    for _ in 0..<2_000 {
      let bytes = (0..<Int(random.next() % 40)).map { _ in
        [0x0a, 0x0b, 0x0d, 0x8a, 0x8d, 0x61][Int(random.next() % 6)] as UInt8
      }
      bytes.withUnsafeBytes { bytes in
        let isBreak: (UInt8) -> Bool = { $0 == 0x0a || $0 == 0x0d }
        for place in 0..<bytes.count {
          #expect(
            LineBreaks.next(in: bytes, from: place) == (bytes[place...].firstIndex(where: isBreak) ?? bytes.count))
          let start = (bytes[..<place].lastIndex(where: isBreak) ?? -1) + 1
          #expect(LineBreaks.start(of: bytes, at: place, from: 0) == start)
        }
      }
    }
  }
}
