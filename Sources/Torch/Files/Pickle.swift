/// The instructions of Python's pickle that PyTorch's files use.
/// https://github.com/python/cpython/blob/main/Lib/pickletools.py
enum PickleOpcode: UInt8 {
    case mark = 0x28  // (
    case stop = 0x2E  // .
    case pop = 0x30  // 0
    case none = 0x4E  // N
    case int = 0x4A  // J, 4 bytes signed
    case int1 = 0x4B  // K
    case int2 = 0x4D  // M
    case long1 = 0x8A
    case float = 0x47  // G, 8 bytes big endian
    case newTrue = 0x88, newFalse = 0x89
    case unicode = 0x58  // X, 4 bytes length
    case shortUnicode = 0x8C
    case string = 0x54  // T
    case shortString = 0x55  // U
    case emptyDictionary = 0x7D  // }
    case emptyList = 0x5D  // ]
    case emptyTuple = 0x29  // )
    case append = 0x61  // a
    case appends = 0x65  // e
    case setItem = 0x73  // s
    case setItems = 0x75  // u
    case tuple = 0x74  // t
    case tuple1 = 0x85, tuple2 = 0x86, tuple3 = 0x87
    case put = 0x71  // q, 1 byte
    case longPut = 0x72  // r, 4 bytes
    case get = 0x68  // h
    case longGet = 0x6A  // j
    case memoize = 0x94
    case global = 0x63  // c
    case stackGlobal = 0x93
    case persistentID = 0x51  // Q
    case reduce = 0x52  // R
    case build = 0x62  // b
    case proto = 0x80
    case frame = 0x95
}
