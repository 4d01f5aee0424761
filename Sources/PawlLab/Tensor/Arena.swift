#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory for the tensors of one step, handed out in order and taken back all at once.
///
/// After the first step of a loop the chunks are there, and nothing is allocated any more.
final class Arena {
  private var chunks: [(start: Floats, capacity: Int)] = []
  private var chunk = 0
  private var used = 0
  private var spare: [(memory: Floats, count: Int)] = []
  static let smallestChunk = 1 << 19

  deinit { for chunk in chunks { free(chunk.start) } }

  /// Returns memory for `count` floats, aligned to 64 bytes and padded to whole vectors; its content is undefined.
  func allocate(_ count: Int) -> Floats {
    let wanted = max(16, (count + 15) & ~15)
    while chunk < chunks.count {
      if used + wanted <= chunks[chunk].capacity {
        defer { used += wanted }
        return chunks[chunk].start + used
      }
      chunk += 1
      used = 0
    }
    let capacity = max(wanted, Self.smallestChunk)
    let start = allocateFloats(capacity)
    chunks.append((start, capacity))
    chunk = chunks.count - 1
    used = wanted
    return start
  }

  /// Returns room for the place of a gradient, empty.
  func allocateSlot() -> UnsafeMutablePointer<Floats?> {
    let slot = UnsafeMutableRawPointer(allocate(16)).bindMemory(to: Floats?.self, capacity: 1)
    slot.initialize(to: nil)
    return slot
  }

  /// Returns a copy of bytes that lasts as long as the step.
  func keep(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafePointer<UInt8> {
    let memory = UnsafeMutableRawPointer(allocate((bytes.count + 3) / 4)).bindMemory(
      to: UInt8.self, capacity: bytes.count)
    if let start = bytes.baseAddress { memory.update(from: start, count: bytes.count) }
    return UnsafePointer(memory)
  }

  /// Returns memory like ``allocate(_:)``, first of all what was given back last, which is still in the caches.
  func take(_ count: Int) -> Floats {
    for index in spare.indices.reversed() where spare[index].count == count { return spare.remove(at: index).memory }
    return allocate(count)
  }

  /// Gives back what ``take(_:)`` returned, for the same step.
  func giveBack(_ memory: Floats, _ count: Int) { spare.append((memory, count)) }

  /// Takes everything back; the next step writes over it.
  func rewind() {
    spare.removeAll(keepingCapacity: true)
    chunk = 0
    used = 0
  }

  /// Bytes held from the system.
  var heldBytes: Int { chunks.reduce(0) { $0 + $1.capacity * MemoryLayout<Float>.stride } }
}

/// Zeros that last as long as their owner, such as an optimiser's averages.
final class FloatBuffer {
  let memory: Floats

  init(count: Int) { memory = allocateZeros(count) }

  deinit { free(memory) }
}

/// Allocates zeros, padded to whole vectors.
func allocateZeros(_ count: Int) -> Floats {
  let padded = (count + 15) & ~15
  let memory = allocateFloats(padded)
  memory.update(repeating: 0, count: padded)
  return memory
}

/// Allocates floats aligned to a page, or ends the program with a message that says how many were asked for.
///
/// What is large gets large pages where the system has them (madvise(2), MADV_HUGEPAGE): products read rows that are pages apart.
func allocateFloats(_ count: Int) -> Floats {
  var memory: UnsafeMutableRawPointer?
  let bytes = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
  let isLarge = bytes.partialValue >= 1 << 21
  guard !bytes.overflow, posix_memalign(&memory, isLarge ? 1 << 21 : 4096, bytes.partialValue) == 0, let memory else {
    refuse("no memory for `\(count)` floats; make the model or the batch smaller")
  }
  #if os(Linux)
    if isLarge { madvise(memory, bytes.partialValue & ~((1 << 21) - 1), Int32(14)) }
  #endif
  return memory.bindMemory(to: Float.self, capacity: count)
}

/// Returns the value of an environment variable; nil when unset or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}

/// Ends the candidate's program: `message` goes to standard error, the exit code is 4.
///
/// For mistakes in `train.swift` that no caller could mend, such as shapes that do not fit.
func refuse(_ message: String) -> Never {
  let line = "error: \(message)\n"
  fflush(nil)
  var bytes = Array(line.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    if written <= 0 { break }
    bytes = bytes.dropFirst(written)
  }
  _exit(4)
}
