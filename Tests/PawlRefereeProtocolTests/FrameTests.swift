import Testing

@testable import PawlRefereeProtocol

@Suite struct FrameTests {
  @Test func `frames survive being cut into pieces, and rubbish is refused`() throws {
    let frame = Frame(.trained, numbers: [1, 2, .max])
    var buffer: [UInt8] = []
    for byte in frame.bytes.dropLast() {
      buffer.append(byte)
      #expect(try Frame.take(from: &buffer) == nil)
    }
    buffer += frame.bytes.suffix(1) + [9]
    let taken = try #require(try Frame.take(from: &buffer))
    #expect(taken == frame && taken.numbers == [1, 2, .max] && buffer == [9])
    var rubbish = Array("val_bpb: 0.1".utf8)
    #expect(throws: ProtocolError.self) { try Frame.take(from: &rubbish) }
    var huge = littleEndian(UInt32(1)) + littleEndian(UInt32.max)
    #expect(throws: ProtocolError.self) { try Frame.take(from: &huge) }
  }
}
