using AttentionKernels.Formats;
using AttentionKernels.MicroKernels.Warp;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Twelve numbers, of which the first eight belong together.</summary>
internal readonly struct WideThenNarrow(TensorCore<StoredFp16>.Block wide, Accumulator narrow)
{
    public readonly TensorCore<StoredFp16>.Block Wide = wide;
    public readonly Accumulator Narrow = narrow;
}

/// <summary>Twelve numbers, of which the last eight belong together.</summary>
internal readonly struct NarrowThenWide(Accumulator narrow, TensorCore<StoredFp16>.Block wide)
{
    public readonly Accumulator Narrow = narrow;
    public readonly TensorCore<StoredFp16>.Block Wide = wide;
}

/// <summary>Numbers 0 to 11; the last of those that belong together.</summary>
internal readonly struct CallWideThenNarrow : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        var tile = new WideThenNarrow(new(Four(arguments, 0), Four(arguments, 4)), Four(arguments, 8));
        for (int round = 0; round < (int)arguments[12]; round++)
            tile = new WideThenNarrow(new(tile.Wide.Right, tile.Wide.Left), tile.Narrow);
        arguments.Give(0, tile.Wide.Right.R3);
    }

    internal static Accumulator Four(WarpCallArguments arguments, int register) => new(
        arguments.Number(register), arguments.Number(register + 1), arguments.Number(register + 2), arguments.Number(register + 3));
}

/// <summary>Likewise.</summary>
internal readonly struct CallNarrowThenWide : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        var tile = new NarrowThenWide(
            CallWideThenNarrow.Four(arguments, 0), new(CallWideThenNarrow.Four(arguments, 4), CallWideThenNarrow.Four(arguments, 8)));
        for (int round = 0; round < (int)arguments[12]; round++)
            tile = new NarrowThenWide(tile.Narrow, new(tile.Wide.Right, tile.Wide.Left));
        arguments.Give(0, tile.Wide.Right.R3);
    }
}
