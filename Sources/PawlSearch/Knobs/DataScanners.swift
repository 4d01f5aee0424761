/// Finds the values of a JSON document; names are keys joined with points.
struct JSONScanner {
  private let source: TokenizedSource
  private let reader: LiteralReader
  private static let depthLimit = 64

  init(_ source: TokenizedSource) {
    self.source = source
    reader = LiteralReader(source: source)
  }

  func scan() -> [FoundConstant] {
    let tokens = source.tokens.indices.filter { source.tokens[$0].kind != .newline }
    var found: [FoundConstant] = []
    var path: [String] = []
    var key = ""
    var index = 0
    while index < tokens.count {
      let token = tokens[index]
      let symbol = reader.symbol(at: token)
      if symbol == "{" || symbol == "[" {
        path.append(key)
        key = ""
      } else if symbol == "}" || symbol == "]" {
        _ = path.popLast()
        key = ""
      } else if symbol == ",", !path.isEmpty {
        key = ""
      } else if [.string, .word].contains(source.tokens[token].kind), index + 1 < tokens.count,
        reader.symbol(at: tokens[index + 1]) == ":"
      {
        key = source.text(source.tokens[token]).filter { $0 != "\"" }
        if index + 2 < tokens.count, path.count < Self.depthLimit,
          LiteralReader.allowsName(path, key),
          let (pieces, next) = reader.read(at: tokens[index + 2]),
          ends(next)
        {
          found += reader.constants((path + [key]).filter { !$0.isEmpty }.joined(separator: "."), pieces)
          while index + 1 < tokens.count, tokens[index + 1] < next { index += 1 }
        }
      }
      index += 1
    }
    return found
  }

  private func ends(_ index: Int) -> Bool {
    var next = index
    while next < source.tokens.count, source.tokens[next].kind == .newline { next += 1 }
    return [",", "}", "]"].contains(reader.symbol(at: next))
  }
}

/// Finds the values of a YAML document, line by line; names are keys joined with points.
struct YAMLScanner {
  private let source: TokenizedSource
  private let reader: LiteralReader

  init(_ source: TokenizedSource) {
    self.source = source
    reader = LiteralReader(source: source)
  }

  func scan() -> [FoundConstant] {
    var found: [FoundConstant] = []
    var path: [(indentation: Int, key: String)] = []
    /// Lines indented deeper than this are a block of text.
    var block: Int?
    var depth = 0
    var index = 0
    let tokens = source.tokens
    while index < tokens.count {
      var end = index
      while end < tokens.count, tokens[end].kind != .newline { end += 1 }
      defer { index = end + 1 }
      var first = index
      guard first < end else { continue }
      if let block, source.column(tokens[first]) > block { continue }
      block = nil
      let inFlow = depth > 0
      for position in index..<end {
        switch reader.symbol(at: position) {
        case "[", "{": depth += 1
        case "]", "}": depth = max(0, depth - 1)
        default: break
        }
      }
      if inFlow { continue }
      while reader.symbol(at: first) == "-", first + 1 < end,
        tokens[first].range.upperBound < tokens[first + 1].range.lowerBound
      { first += 1 }
      let indentation = source.column(tokens[first])
      while let last = path.last, last.indentation >= indentation { path.removeLast() }
      guard let colon = (first..<end).first(where: { reader.symbol(at: $0) == ":" }), colon > first else { continue }
      let range = tokens[first].range.lowerBound..<tokens[colon - 1].range.upperBound
      guard range.count <= 128 else { continue }
      let key = source.text(range).filter { $0 != "\"" && $0 != "'" }
      if colon + 1 == end {
        path.append((indentation, key))
        continue
      }
      guard tokens[colon].range.upperBound < tokens[colon + 1].range.lowerBound else { continue }
      if ["|", ">"].contains(reader.symbol(at: colon + 1)) { block = indentation }
      guard LiteralReader.allowsName(path.lazy.map(\.key), key),
        let (pieces, next) = value(at: colon + 1, end: end), next == end
      else { continue }
      let name = (path.map(\.key) + [key]).joined(separator: ".")
      found += reader.constants(name, pieces)
    }
    return found
  }

  private func value(at index: Int, end: Int) -> (pieces: [LiteralReader.Piece], next: Int)? {
    if let read = reader.read(at: index) { return read }
    guard index + 1 == end, source.tokens[index].kind == .word,
      let literal = Literal(source.text(source.tokens[index]))
    else { return nil }
    let piece = LiteralReader.Piece(
      tokens: index..<end, literal: literal, text: source.text(source.tokens[index]))
    return ([piece], end)
  }
}
