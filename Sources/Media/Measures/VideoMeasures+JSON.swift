import Base

extension VideoMeasures {
    /// What `init(_:)` reads.
    public var json: JSON {
        var object = JSONObject()
        for (name, value) in [
            ("motion", motion), ("sharpness", sharpness), ("brightness", brightness), ("still", still),
        ] {
            object[name] = .number(value)
        }
        object["repeated"] = .integer(repeated)
        object["sound"] = sound.map { .number($0) }
        object["picture"] = picture.map { .array([$0.left, $0.top, $0.width, $0.height].map(JSON.integer)) }
        object["hashes"] = .array(hashes.map { .string(String($0, radix: 16)) })
        return .object(object)
    }

    /// `nil` for what is no such record.
    public init?(_ json: JSON) {
        guard let motion = json["motion"]?.number, let sharpness = json["sharpness"]?.number,
            let brightness = json["brightness"]?.number, let still = json["still"]?.number,
            let repeated = json["repeated"]?.integer, let hashes = json["hashes"]?.array
        else { return nil }
        (self.motion, self.sharpness, self.brightness, self.still) = (motion, sharpness, brightness, still)
        (self.repeated, sound) = (repeated, json["sound"]?.number)
        self.hashes = hashes.compactMap { $0.string.flatMap { UInt64($0, radix: 16) } }
        guard self.hashes.count == hashes.count else { return nil }
        if let part = json["picture"]?.array?.compactMap(\.integer), part.count == 4 {
            picture = PictureRegion(left: part[0], top: part[1], width: part[2], height: part[3])
        }
    }
}
