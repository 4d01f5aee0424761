#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The weights of a model in a file, in the format of safetensors: the length of a header (8 bytes, little-endian), the header
/// in JSON with each tensor's type, shape and place, then all values.
///
/// Source: the format's description in the documentation of Hugging Face's safetensors.
enum Checkpoint {
  /// The header that a model's file has: names, shapes and places follow from its parameters alone; a language model's tells its shape too.
  static func header(_ parameters: Parameters, shape: LanguageShape? = nil) -> [UInt8] {
    var offset = 0
    let entries = parameters.all.map { parameter in
      let end = offset + 4 * parameter.tensor.count
      defer { offset = end }
      let shape = "\(parameter.tensor.rows),\(parameter.tensor.columns)"
      return "\(quoted(parameter.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
    }
    var text = Array("{\(shape.map(metadata) ?? "")\(entries.joined(separator: ","))}".utf8)
    while text.count % 8 != 0 { text.append(0x20) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  /// Writes the weights to a new file, whole or not at all; ends the program when it cannot.
  static func save(_ parameters: Parameters, to path: String, shape: LanguageShape? = nil) {
    let draft = path + ".draft"
    guard let file = fopen(draft, "wb") else {
      refuse("cannot write the checkpoint `\(path)`: \(String(cString: strerror(errno)))")
    }
    var isWhole = true
    let header = header(parameters, shape: shape)
    isWhole = fwrite(header, 1, header.count, file) == header.count
    for parameter in parameters.all where isWhole {
      isWhole = fwrite(parameter.tensor.values, 4, parameter.tensor.count, file) == parameter.tensor.count
    }
    isWhole = fclose(file) == 0 && isWhole
    guard isWhole, rename(draft, path) == 0 else {
      unlink(draft)
      refuse("cannot write the checkpoint `\(path)`: \(String(cString: strerror(errno)))")
    }
  }

  /// Reads the weights of a file that has just these parameters; ends the program when it has others.
  static func load(_ path: String, into parameters: Parameters, shape: LanguageShape? = nil) {
    let file = MappedText(path)
    defer { withExtendedLifetime(file) {} }
    let bytes = file.bytes
    let header = header(parameters, shape: shape)
    guard bytes.count == header.count + 4 * parameters.count, bytes.prefix(header.count).elementsEqual(header) else {
      let own = shape == nil ? "this `train.swift` makes" : "the settings describe"
      refuse("the checkpoint `\(path)` is of another model than \(own)")
    }
    guard var source = bytes.baseAddress.map({ UnsafeRawPointer($0) + header.count }) else { return }
    for parameter in parameters.all {
      let size = 4 * parameter.tensor.count
      UnsafeMutableRawPointer(parameter.tensor.values).copyMemory(from: source, byteCount: size)
      source += size
      parameter.weight.touch()
    }
  }

  private static func quoted(_ name: String) -> String {
    let escaped = name.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case _ where scalar.value < 0x20: "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
