/// The name of a git object: 20 bytes, or 32 in a SHA-256 repository.
struct ObjectName: Hashable, Sendable {
  let raw: [UInt8]
  init(raw: [UInt8]) { self.raw = raw }
  /// Returns nil where `hex` is not 40 or 64 hexadecimal digits.
  init?(hex: String) {
    let digits = Array(hex.utf8)
    guard digits.count == 40 || digits.count == 64 else { return nil }
    var raw: [UInt8] = []
    raw.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
      raw.append(high << 4 | low)
    }
    self.raw = raw
  }
  var hex: String { raw.hexadecimal }
  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    case 0x41...0x46: digit - 0x41 + 10
    default: nil
    }
  }
}

extension [UInt8] {
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(count * 2)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
  /// The bytes as text, odd ones replaced, for messages.
  var shown: String { String(decoding: self, as: UTF8.self) }
}

/// The type and permissions of a tree entry, as git writes them, in octal.
enum TreeMode {
  static let folder: [UInt8] = Array("40000".utf8)
  static let file: [UInt8] = Array("100644".utf8)
  static let executable: [UInt8] = Array("100755".utf8)
  static let link: [UInt8] = Array("120000".utf8)
  static let submodule: [UInt8] = Array("160000".utf8)
}

/// One line of one tree object; names are bytes, as git does not ask for UTF-8.
struct TreeItem: Hashable, Sendable {
  let mode: [UInt8]
  let name: [UInt8]
  let object: ObjectName
  var isFolder: Bool { mode == TreeMode.folder }
  var isLink: Bool { mode == TreeMode.link }
  var isSubmodule: Bool { mode == TreeMode.submodule }
  var isExecutable: Bool { mode == TreeMode.executable }
  /// What git sorts by: folders as if their names ended in `/`.
  private var sortingName: [UInt8] { isFolder ? name + [0x2f] : name }
  func precedes(_ other: TreeItem) -> Bool { sortingName.lexicographicallyPrecedes(other.sortingName) }
}

/// The form of tree objects (git's Documentation/gitformat and tree-walk.c): mode, space, name, NUL, raw object name.
enum TreeFormat {
  /// Returns nil where the bytes are no tree, or one with a name that could not be laid down.
  static func parse(_ bytes: [UInt8], nameLength: Int) -> [TreeItem]? {
    var items: [TreeItem] = []
    var position = 0
    while position < bytes.count {
      guard let space = bytes[position...].firstIndex(of: 0x20), let end = bytes[space...].firstIndex(of: 0),
        end + nameLength < bytes.count
      else { return nil }
      let name = Array(bytes[(space + 1)..<end])
      guard isSafe(name) else { return nil }
      let object = ObjectName(raw: Array(bytes[(end + 1)..<(end + 1 + nameLength)]))
      items.append(TreeItem(mode: Array(bytes[position..<space]), name: name, object: object))
      position = end + 1 + nameLength
    }
    return items
  }

  static func bytes(_ items: [TreeItem]) -> [UInt8] {
    var bytes: [UInt8] = []
    for item in items { bytes += item.mode + [0x20] + item.name + [0] + item.object.raw }
    return bytes
  }

  /// Whether a single name stays within its folder and can never be a repository's own `.git`.
  static func isSafe(_ name: [UInt8]) -> Bool {
    if name.isEmpty || name == [0x2e] || name == [0x2e, 0x2e] || name.contains(0x2f) || name.contains(0) {
      return false
    }
    let lower = name.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
    return lower != Array(".git".utf8) && lower != Array("git~1".utf8)
  }
}
