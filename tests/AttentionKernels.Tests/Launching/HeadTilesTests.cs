using AttentionKernels.Launching;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Launching;

public sealed class HeadTilesTests
{
    [Fact]
    public void Tiles_hold_each_item_of_each_head_once_and_in_order()
    {
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 9])
            .Sample((batch, tokens, heads, items) =>
            {
                var tiles = new HeadTiles { Tokens = tokens, Heads = heads, Items = items };
                var held = new List<(int, int, int, int)>();
                for (long index = 0; index < tiles.Count(batch); index++)
                {
                    HeadTile tile = tiles.At(index);
                    held.Add((tile.Batch, tile.Token, tile.Head, tile.Item));
                }

                held.Should().Equal(
                    from sequence in Enumerable.Range(0, batch)
                    from token in Enumerable.Range(0, tokens)
                    from head in Enumerable.Range(0, heads)
                    from item in Enumerable.Range(0, items)
                    select (sequence, token, head, item));
            });
    }

    [Fact]
    public void A_token_behind_the_range_of_32_bits_is_found()
    {
        var tiles = new HeadTiles { Tokens = 1 << 20, Heads = 64, Items = 64 };
        tiles.Count(3).Should().Be(3L << 32);
        tiles.At((5L << 31) + (64 * 64 * 7L) + (64 * 3) + 5).Should().Be(new HeadTile(2, (1 << 19) + 7, 3, 5));
    }
}
