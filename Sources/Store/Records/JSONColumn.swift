import FoundationEssentials

/// How nested values are kept in a column: JSON text, readable with the sqlite3 shell.
struct JSONColumn {
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    func encode(_ value: some Encodable) throws(StoreError) -> String {
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw .unencodable(problem: "\(error)")
        }
    }

    func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
        try decoder.decode(type, from: data)
    }
}
