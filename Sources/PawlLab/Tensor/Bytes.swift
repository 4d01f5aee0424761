/// A run of bytes of a text, such as the inputs of a batch: a view that copies nothing, and holds as long as its owner.
public struct Bytes: ExpressibleByArrayLiteral {
  let buffer: UnsafeBufferPointer<UInt8>
  /// What keeps the bytes alive.
  private let owner: AnyObject?

  init(_ buffer: UnsafeBufferPointer<UInt8>, owner: AnyObject?) {
    self.buffer = buffer
    self.owner = owner
  }

  public init(_ bytes: [UInt8]) {
    final class Copy {
      let memory: UnsafeMutableBufferPointer<UInt8>
      init(_ bytes: [UInt8]) {
        memory = .allocate(capacity: bytes.count)
        _ = memory.initialize(from: bytes)
      }
      deinit { memory.deallocate() }
    }
    let copy = Copy(bytes)
    self.init(UnsafeBufferPointer(copy.memory), owner: copy)
  }

  public init(arrayLiteral bytes: UInt8...) { self.init(bytes) }

  public var count: Int { buffer.count }

  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "index out of range")
    return buffer[index]
  }
}
