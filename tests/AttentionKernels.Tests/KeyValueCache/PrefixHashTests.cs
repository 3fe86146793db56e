using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionKernels.KeyValueCache;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>A page's hash tells it from every other page, whatever stands before it.</summary>
[Trait("Speed", "Quick")]
public class PrefixHashTests
{
    [Fact]
    public void A_hash_is_SHA_256_of_the_hash_before_the_number_of_tokens_the_tokens_and_the_salt()
    {
        int[] tokens = [1, -2, int.MaxValue];
        byte[] salt = [7, 8];
        PrefixHash before = default(PrefixHash).Next([5], []);

        Bytes(before.Next(tokens, salt)).Should().Equal(SHA256.HashData(Text(before, tokens, salt)));
    }

    [Fact]
    public void Different_beginnings_tokens_or_salts_have_different_hashes()
    {
        var page = Gen.Select(Gen.Int.Array[1, 4], Gen.Byte.Array[0, 4], Gen.Int[0, 1]);
        Gen.Select(page, page).Sample((one, other) =>
        {
            bool same = one.Item1.SequenceEqual(other.Item1) && one.Item2.SequenceEqual(other.Item2) && one.Item3 == other.Item3;
            (Hash(one) == Hash(other)).Should().Be(same);
        });

        static PrefixHash Hash((int[] Tokens, byte[] Salt, int Before) page)
        {
            PrefixHash first = default;
            return (page.Before == 0 ? first : first.Next([page.Before], page.Salt)).Next(page.Tokens, page.Salt);
        }
    }

    [Fact]
    public void A_salt_cannot_pass_for_a_token()
    {
        default(PrefixHash).Next([1, 2], []).Should().NotBe(default(PrefixHash).Next([1], [2, 0, 0, 0]));
    }

    [Fact]
    public void A_page_longer_than_the_stack_s_share_has_its_hash_too()
    {
        int[] tokens = [.. Enumerable.Range(0, 1000)];

        Bytes(default(PrefixHash).Next(tokens, [1])).Should().Equal(SHA256.HashData(Text(default, tokens, [1])));
    }

    // The hash before, the number of tokens, the tokens, the salt.
    private static byte[] Text(PrefixHash before, int[] tokens, byte[] salt) =>
        [.. Bytes(before), .. MemoryMarshal.AsBytes<int>([tokens.Length]), .. MemoryMarshal.AsBytes<int>(tokens), .. salt];

    private static byte[] Bytes(PrefixHash hash) => MemoryMarshal.AsBytes<PrefixHash>([hash]).ToArray();
}
