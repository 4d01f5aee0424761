/// One event of a stream.
struct StreamEvent: Hashable {
  /// Empty where the server named none.
  var name = ""
  var data: [UInt8] = []
}

/// Cuts the bytes of a response into server-sent events (WHATWG HTML, 9.2.6, "Interpreting an event stream").
///
/// Two departures: an event that only the end of the stream ends is delivered, since servers forget the blank line behind the last
/// one, and `id` and `retry` mean nothing here.
struct EventStream {
  private var line: [UInt8] = []
  private var pending = StreamEvent()
  private var hasData = false
  private var skipsLineFeed = false
  private var isAtStart = true

  /// Bytes that are held until an event is whole.
  var heldBytes: Int { line.count + pending.data.count }

  /// Returns the events that these bytes complete; a character may be cut anywhere.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> [StreamEvent] {
    var events: [StreamEvent] = []
    var start = 0
    for (index, byte) in bytes.enumerated() {
      if skipsLineFeed {
        skipsLineFeed = false
        if byte == 0x0a {
          start = index + 1
          continue
        }
      }
      guard byte == 0x0a || byte == 0x0d else { continue }
      line.append(contentsOf: bytes[start..<index])
      start = index + 1
      skipsLineFeed = byte == 0x0d
      if let event = endLine() { events.append(event) }
    }
    line.append(contentsOf: bytes[start...])
    return events
  }

  /// Returns what was left when the stream ended.
  mutating func finish() -> StreamEvent? {
    if !line.isEmpty, let event = endLine() { return event }
    return dispatch()
  }

  private mutating func endLine() -> StreamEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    var content = line[...]
    if isAtStart {
      isAtStart = false
      if content.starts(with: [0xef, 0xbb, 0xbf]) { content = content.dropFirst(3) }
    }
    if content.isEmpty { return dispatch() }
    let colon = content.firstIndex(of: 0x3a) ?? content.endIndex
    var value = content[colon...].dropFirst()
    if value.first == 0x20 { value = value.dropFirst() }
    switch String(decoding: content[..<colon], as: UTF8.self) {
    case "data":
      if hasData { pending.data.append(0x0a) }
      pending.data.append(contentsOf: value)
      hasData = true
    case "event": pending.name = String(decoding: value, as: UTF8.self)
    // A comment has no name: servers send them to keep a connection open.
    default: break
    }
    return nil
  }

  private mutating func dispatch() -> StreamEvent? {
    defer {
      pending = StreamEvent()
      hasData = false
    }
    return hasData ? pending : nil
  }
}
