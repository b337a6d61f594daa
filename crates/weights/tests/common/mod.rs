//! Files of PyTorch, right and wrong, byte by byte.

// No test program uses all of this.
#![allow(dead_code)]

/// A text as pickles write it.
pub fn text(text: &str) -> Vec<u8> {
    let length = (text.len() as u32).to_le_bytes();
    [b"X", &length[..], text.as_bytes()].concat()
}

/// A whole number as pickles write large ones.
pub fn number(number: i64) -> Vec<u8> {
    [&[0x8a, 8][..], &number.to_le_bytes()].concat()
}

/// A class or function.
pub fn name(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

/// A tuple of these.
pub fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    [b"(", &items.concat()[..], b"t"].concat()
}

/// A call of `function` with these arguments.
pub fn call(function: Vec<u8>, arguments: &[Vec<u8>]) -> Vec<u8> {
    [&function[..], &tuple(arguments), b"R"].concat()
}

/// A dictionary of these.
pub fn dictionary(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut pickle = b"}(".to_vec();
    for (key, value) in entries {
        pickle.extend(text(key));
        pickle.extend(value);
    }
    pickle.push(b'u');
    pickle
}

/// A whole pickle with this object.
pub fn pickle(object: Vec<u8>) -> Vec<u8> {
    [b"\x80\x02", &object[..], b"."].concat()
}

/// A view of the storage `key`, which has `count` values in f32.
pub struct View {
    pub key: &'static str,
    pub count: i64,
    pub offset: i64,
    pub shape: Vec<i64>,
    pub stride: Vec<i64>,
}

impl View {
    /// Of two rows of three values.
    pub fn plain() -> View {
        View {
            key: "0",
            count: 6,
            offset: 0,
            shape: vec![2, 3],
            stride: vec![3, 1],
        }
    }

    pub fn tensor(&self) -> Vec<u8> {
        let storage = [
            text("storage"),
            name("torch", "FloatStorage"),
            text(self.key),
            text("cpu"),
            number(self.count),
        ];
        let numbers = |numbers: &[i64]| {
            let numbers: Vec<_> = numbers.iter().map(|&n| number(n)).collect();
            tuple(&numbers)
        };
        let arguments = [
            [tuple(&storage), b"Q".to_vec()].concat(),
            number(self.offset),
            numbers(&self.shape),
            numbers(&self.stride),
            b"\x89".to_vec(),
            call(name("collections", "OrderedDict"), &[]),
        ];
        call(name("torch._utils", "_rebuild_tensor_v2"), &arguments)
    }
}

/// Six values.
pub fn values() -> Vec<u8> {
    (1..=6).flat_map(|i| (i as f32).to_le_bytes()).collect()
}

/// A member of a zip archive, and what its headers say of it.
#[derive(Clone)]
pub struct ZipMember {
    pub name: String,
    pub bytes: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub size: u32,
}

/// A stored member.
pub fn member(name: &str, bytes: Vec<u8>) -> ZipMember {
    ZipMember {
        name: name.into(),
        size: bytes.len() as u32,
        bytes,
        method: 0,
        flags: 0,
    }
}

/// A zip archive.
pub fn zip(members: &[ZipMember]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let offset = (file.len() as u32).to_le_bytes();
        let mut header = [20u16, member.flags, member.method, 0, 0]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect::<Vec<u8>>();
        // No checksum, as with PyTorch's `compute_crc32=False`.
        for number in [0, member.bytes.len() as u32, member.size] {
            header.extend(number.to_le_bytes());
        }
        header.extend((member.name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&header);
        file.extend(member.name.as_bytes());
        file.extend(&member.bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend(offset);
        directory.extend(member.name.as_bytes());
    }
    let start = file.len() as u32;
    let count = (members.len() as u16).to_le_bytes();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count, count].concat());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// The same archive with the wide form of its end, too, which PyTorch always writes.
pub fn with_wide_end(file: &[u8]) -> Vec<u8> {
    let end = file.len() - 22;
    let narrow = &file[end..];
    let number = |offset: usize, size: usize| {
        let mut wide = narrow[offset..offset + size].to_vec();
        wide.resize(8, 0);
        wide
    };
    let (count, size, start) = (number(10, 2), number(12, 4), number(16, 4));
    let mut wide = b"PK\x06\x06".to_vec();
    wide.extend(44u64.to_le_bytes());
    wide.extend([30, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    wide.extend([count.clone(), count, size, start].concat());
    wide.extend(b"PK\x06\x07\0\0\0\0");
    wide.extend((end as u64).to_le_bytes());
    wide.extend([1, 0, 0, 0]);
    [&file[..end], &wide, narrow].concat()
}

/// An archive of `torch.save` with this object.
pub fn saved(object: Vec<u8>) -> Vec<u8> {
    zip(&[
        member("archive/data.pkl", pickle(object)),
        member("archive/data/0", values()),
    ])
}

/// The stream of pickles of older versions, with this object and one storage of six values.
pub fn stream(object: Vec<u8>) -> Vec<u8> {
    let magic: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    let magic = [&[0x8a, 10][..], &magic].concat();
    let system = dictionary(&[("little_endian", b"\x88".to_vec())]);
    let keys = [b"](", &text("0")[..], b"e"].concat();
    let mut file = Vec::new();
    for object in [magic, b"M\xe9\x03".to_vec(), system, object, keys] {
        file.extend(pickle(object));
    }
    file.extend(6u64.to_le_bytes());
    file.extend(values());
    file
}

/// A tar archive of members with a type, such as `b'0'` for files.
pub fn tar(members: &[(&str, u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    for (name, kind, bytes) in members {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        let size = format!("{:011o}", bytes.len());
        header[124..135].copy_from_slice(size.as_bytes());
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        file.extend(header);
        file.extend(bytes);
        file.resize(file.len().next_multiple_of(512), 0);
    }
    file.extend([0; 1024]);
    file
}
