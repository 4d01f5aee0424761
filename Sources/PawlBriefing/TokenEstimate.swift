/// How many tokens a text is, without any model's own tokenizer: by bytes, and rather too many than too few.
///
/// An ASCII letter, space or line break counts a third of a token, any other ASCII byte (digits, punctuation) half of one, a byte
/// of anything else two thirds. English and code in today's tokenizers take less.
public enum TokenEstimate {
  /// Returns the estimate, rounded up.
  public static func tokens(in text: String) -> Int { (sixths(of: text) + 5) / 6 }

  private static func sixths(of text: String) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      var sixths = 0
      for byte in bytes {
        let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
        sixths += byte >= 0x80 ? 4 : isLetter || byte == 0x20 || byte == 0x0a ? 2 : 3
      }
      return sixths
    }
  }
}
