import PawlCore
import Testing

@testable import PawlModels

@Suite struct PriceTests {
  @Test(arguments: [
    ("claude-opus-5-5", 4.0), ("claude-opus-5", 5), ("anthropic/claude-opus-5.5", 4), ("claude-opus-4-5-20251101", 5),
    ("anthropic.claude-haiku-4-5-20251001-v1:0", nil), ("claude-sonnet-5-latest", 2), ("gpt-5", 1.25),
    ("gpt-5-2025-08-07", 1.25), ("gpt-5-mini", nil), ("openai/gpt-6-sol", 2), ("GPT-6-Luna", 0.1),
    ("meta/llama-4:free", 0), ("llama3.2", nil), ("", nil), ("/", nil), ("claude-opus-5-5-fast", nil),
  ])
  func `a well-known model has its list price, and no other has`(model: String, input: Double?) {
    #expect(TokenPrice.known(model: model)?.input == input)
  }

  @Test func `every list price is in the usual order`() {
    for model in [
      "claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "gpt-6-astra", "gpt-5",
    ] {
      guard let price = TokenPrice.known(model: model) else {
        Issue.record("no price of \(model)")
        continue
      }
      #expect(price.cacheRead < price.input)
      #expect(price.input <= price.cacheWrite)
      #expect(price.cacheWrite < price.output)
    }
  }

  @Test func `the study's price wins, this machine is free, and another server's price is not guessed`() {
    let own = TokenPrice(input: 7, output: 8, cacheRead: 9, cacheWrite: 10)
    var rule = ModelRule(api: .anthropic, model: "claude-opus-5-5")
    #expect(rule.priced().price == .known(model: "claude-opus-5-5"))
    rule.baseURL = "https://gateway.example/v1"
    #expect(rule.priced().price == nil)
    rule.price = own
    #expect(rule.priced().price == own)
    for url in [
      "http://localhost:11434/v1", "http://127.0.0.1:8000/v1", "http://[::1]:8080", "https://models.localhost",
    ] {
      let local = ModelRule(api: .openai, model: "gpt-5", baseURL: url)
      #expect(local.isLocal)
      #expect(local.priced().price == .free)
    }
    for url in ["http://127.0.0.1.example.com/v1", "http://localhost.example/v1", "http://10.0.0.1/v1", "nonsense"] {
      #expect(!ModelRule(api: .openai, model: "m", baseURL: url).isLocal)
    }
  }
}
