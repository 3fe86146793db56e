using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AttentionKernels.KeyValueCache;

/// <summary>
/// What a full page holds, with all that stands before it: SHA-256 of the hash of the page before, the tokens, and a salt that keeps apart
/// what must not be shared.
/// </summary>
internal readonly record struct PrefixHash(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    private const int Size = 4 * sizeof(ulong);

    /// <summary>The hash of the page behind one with this hash; the first page is behind the default.</summary>
    public PrefixHash Next(ReadOnlySpan<int> tokens, ReadOnlySpan<byte> salt)
    {
        // The length of the tokens stands before them, so that no salt can pass for a token.
        ReadOnlySpan<byte> tokenBytes = MemoryMarshal.AsBytes(tokens);
        int length = Size + sizeof(int) + tokenBytes.Length + salt.Length;
        byte[]? rented = null;
        Span<byte> text = length <= 1024 ? stackalloc byte[length] : (rented = ArrayPool<byte>.Shared.Rent(length)).AsSpan(0, length);
        MemoryMarshal.Write(text, this);
        MemoryMarshal.Write(text[Size..], tokens.Length);
        tokenBytes.CopyTo(text[(Size + sizeof(int))..]);
        salt.CopyTo(text[(Size + sizeof(int) + tokenBytes.Length)..]);
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(text, hash);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return MemoryMarshal.Read<PrefixHash>(hash);
    }
}
