using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>For each lane of a warp the registers that a call gets, and those that it gives, as bits.</summary>
internal struct WarpCallArguments
{
    public const int Registers = 16;

    [KernelInput]
    public ArrayView<uint> Input;
    public ArrayView<uint> Output;

    private static int Lane => Group.IdxX;

    public readonly uint this[int register] => Input[(Lane * Registers) + register];

    public readonly float Number(int register) => Interop.IntAsFloat(this[register]);

    public readonly FragmentA Fragment(int register) => new(this[register], this[register + 1], this[register + 2], this[register + 3]);

    public readonly void Give(int register, uint bits) => Output[(Lane * Registers) + register] = bits;

    public readonly void Give(int register, float number) => Give(register, Interop.FloatAsInt(number));

    public readonly void Give(FragmentA fragment)
    {
        Give(0, fragment.R0);
        Give(1, fragment.R1);
        Give(2, fragment.R2);
        Give(3, fragment.R3);
    }

    /// <summary>Stores the lane's first four registers to its 16 bytes of shared memory, whose address is the result.</summary>
    public readonly int Share()
    {
        int shared = MemoryAddress.OfShared(ref SharedMemory.GetDynamic<long>()[0]);
        for (int register = 0; register < 4; register++)
            MemoryAddress.StoreShared(shared + (Lane * 16) + (register * 4), this[register]);
        WarpBarrier.Wait();
        return shared;
    }
}

/// <summary>A call of a primitive, chosen at compile time.</summary>
internal interface IWarpPrimitive
{
    static virtual bool Shares => false;

    static abstract void Call(WarpCallArguments arguments);
}

/// <summary>A warp that calls a primitive once.</summary>
internal readonly struct WarpCall<TPrimitive> : IGroupKernel<WarpCallArguments>
    where TPrimitive : struct, IWarpPrimitive
{
    public const int Lanes = 32;

    public static int GroupSize => Lanes;

    public static int DynamicSharedBytes => TPrimitive.Shares ? Lanes * 16 : 0;

    public static bool UsesTensorCores => true;

    public static void Run(WarpCallArguments arguments) => TPrimitive.Call(arguments);
}

/// <summary>A in 0 to 3, B in 4 and 5, C in 8 to 11; D in 0 to 3.</summary>
internal readonly struct CallMultiplyAdd<TElement> : IWarpPrimitive
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call(WarpCallArguments arguments)
    {
        var c = new Accumulator(arguments.Number(8), arguments.Number(9), arguments.Number(10), arguments.Number(11));
        Accumulator d = TensorCore<TElement>.MultiplyAdd(arguments.Fragment(0), new FragmentB(arguments[4], arguments[5]), c);
        arguments.Give(0, d.R0);
        arguments.Give(1, d.R1);
        arguments.Give(2, d.R2);
        arguments.Give(3, d.R3);
    }
}

/// <summary>Two numbers in 0 and 1; both in 0.</summary>
internal readonly struct CallPack<TElement> : IWarpPrimitive
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call(WarpCallArguments arguments) =>
        arguments.Give(0, TensorCore<TElement>.Pack(arguments.Number(0), arguments.Number(1)));
}

/// <summary>16 bytes of shared memory in 0 to 3, the lane whose 16 bytes are this one's row in 4.</summary>
internal readonly struct CallLoad : IWarpPrimitive
{
    public static bool Shares => true;

    public static void Call(WarpCallArguments arguments)
    {
        int shared = arguments.Share();
        arguments.Give(MatrixLoad.Load(shared + (16 * (int)arguments[4])));
    }
}

/// <summary>Likewise.</summary>
internal readonly struct CallLoadTransposed : IWarpPrimitive
{
    public static bool Shares => true;

    public static void Call(WarpCallArguments arguments)
    {
        int shared = arguments.Share();
        arguments.Give(MatrixLoad.LoadTransposed(shared + (16 * (int)arguments[4])));
    }
}

/// <summary>16 bytes in 0 to 3, and how many of them are copied in 4.</summary>
internal readonly struct CallCopy : IWarpPrimitive
{
    public static bool Shares => true;

    public static void Call(WarpCallArguments arguments)
    {
        int shared = MemoryAddress.OfShared(ref SharedMemory.GetDynamic<long>()[0]) + (Group.IdxX * 16);
        long first = MemoryAddress.OfGlobal(ref arguments.Input[0]);
        AsyncCopy.Copy(shared, first + (Group.IdxX * 4 * WarpCallArguments.Registers), (int)arguments[4]);
        AsyncCopy.Commit();
        AsyncCopy.Wait(0);
        MemoryAddress.StoreGlobal(
            MemoryAddress.OfGlobal(ref arguments.Output[0]) + (Group.IdxX * 4 * WarpCallArguments.Registers), MemoryAddress.LoadShared(shared));
    }
}

/// <summary>8 bytes in 0 and 1, and how many are copied of each 4 in 2: copied as 8 in 0 and 1, as twice 4 in 2 and 3.</summary>
internal readonly struct CallCopyFew : IWarpPrimitive
{
    public static bool Shares => true;

    public static void Call(WarpCallArguments arguments)
    {
        int shared = MemoryAddress.OfShared(ref SharedMemory.GetDynamic<long>()[0]) + (Group.IdxX * 16);
        long first = MemoryAddress.OfGlobal(ref arguments.Input[0]) + (Group.IdxX * 4 * WarpCallArguments.Registers);
        int bytes = (int)arguments[2];
        AsyncCopy.CopyFew(shared, first, 2 * bytes, 8);
        AsyncCopy.CopyFew(shared + 8, first, bytes, 4);
        AsyncCopy.CopyFew(shared + 12, first + 4, bytes, 4);
        AsyncCopy.Commit();
        AsyncCopy.Wait(0);
        FragmentB pair = MemoryAddress.LoadSharedTwo(shared);
        arguments.Give(new FragmentA(
            pair.R0, pair.R1, MemoryAddress.LoadSharedOne(shared + 8), MemoryAddress.LoadSharedOne(shared + 12)));
    }
}

/// <summary>A number in 0 and 1, a lane in 2: the number of that lane in 0, that of 64 bits in 1 and 2.</summary>
internal readonly struct CallFrom : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        int lane = (int)arguments[2];
        arguments.Give(0, WarpShuffle.From(arguments[0], lane));
        long wide = WarpShuffle.From(((long)arguments[1] << 32) | arguments[0], lane);
        arguments.Give(1, (uint)wide);
        arguments.Give(2, (uint)(wide >> 32));
    }
}

/// <summary>A score in 0, a key in 1, a range in 2 and 3, bits in 4: the score within the range in 0, where bit 5 is set in 1.</summary>
internal readonly struct CallMaskedScore : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        arguments.Give(0, MaskedScore.Within(arguments.Number(0), (int)arguments[1], (int)arguments[2], (int)arguments[3]));
        arguments.Give(1, MaskedScore.Where(arguments.Number(0), arguments[4], 5));
    }
}

/// <summary>A number in 0; those of two other lanes in 0 and 1.</summary>
internal readonly struct CallXor : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        arguments.Give(0, WarpShuffle.Xor(arguments.Number(0), 1));
        arguments.Give(1, WarpShuffle.Xor(arguments.Number(0), 2));
    }
}

/// <summary>A condition in 0; any and ballot in 0 and 1.</summary>
internal readonly struct CallVote : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        arguments.Give(0, (uint)WarpVote.Any((int)arguments[0]));
        arguments.Give(1, WarpVote.Ballot((int)arguments[0]));
    }
}

/// <summary>An exponent in 0; its power in 0.</summary>
internal readonly struct CallPowerOfTwo : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments) => arguments.Give(0, PowerOfTwo.Approximate(arguments.Number(0)));
}

/// <summary>A tile of 32 rows: of the upper ones in 0 to 7, whose negatives are the lower ones; exponents of rows in 8 to 11, new ones in 12 to 15. The tile.</summary>
internal readonly struct CallRescale : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        var left = new Accumulator(arguments.Number(0), arguments.Number(1), arguments.Number(2), arguments.Number(3));
        var right = new Accumulator(arguments.Number(4), arguments.Number(5), arguments.Number(6), arguments.Number(7));
        var upper = new TensorCore<StoredFp16>.Block(left, right);
        var lower = new TensorCore<StoredFp16>.Block(Negative(left), Negative(right));
        var tile = RowRescale.Apply(new TensorCore<StoredFp16>.Tile32(upper, lower), Rows(arguments, 8), Rows(arguments, 12));
        Give(arguments, 0, tile.Upper.Left);
        Give(arguments, 4, tile.Upper.Right);
        Give(arguments, 8, tile.Lower.Left);
        Give(arguments, 12, tile.Lower.Right);
    }

    private static Accumulator Negative(Accumulator x) => new(-x.R0, -x.R1, -x.R2, -x.R3);

    private static TileRows Rows(WarpCallArguments arguments, int register) => new(
        new RowPair(arguments.Number(register), arguments.Number(register + 1)),
        new RowPair(arguments.Number(register + 2), arguments.Number(register + 3)));

    private static void Give(WarpCallArguments arguments, int register, Accumulator x)
    {
        arguments.Give(register, x.R0);
        arguments.Give(register + 1, x.R1);
        arguments.Give(register + 2, x.R2);
        arguments.Give(register + 3, x.R3);
    }
}

/// <summary>Two words in 0 and 1; the factors of their first eight numbers.</summary>
internal readonly struct CallFactors<TFormat> : IWarpPrimitive
    where TFormat : unmanaged, IFormat<TFormat>
{
    public static void Call(WarpCallArguments arguments) =>
        arguments.Give(TensorCore<TFormat>.Factors(new FragmentA(arguments[0], arguments[1], 0, 0), asHalf: false));
}

/// <summary>The same as fp16.</summary>
internal readonly struct CallHalfFactors<TFormat> : IWarpPrimitive
    where TFormat : unmanaged, IFormat<TFormat>
{
    public static void Call(WarpCallArguments arguments) =>
        arguments.Give(TensorCore<TFormat>.Factors(new FragmentA(arguments[0], arguments[1], 0, 0), asHalf: true));
}

/// <summary>Two pairs in 0 and 1; their product in 0.</summary>
internal readonly struct CallScale : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments) => arguments.Give(0, HalfPair.Scale(arguments[0], arguments[1]));
}

/// <summary>Two words in 0 and 1; their lower halves in 0, the upper ones in 1.</summary>
internal readonly struct CallInterleave : IWarpPrimitive
{
    public static void Call(WarpCallArguments arguments)
    {
        arguments.Give(0, Interleave.Lower(arguments[0], arguments[1]));
        arguments.Give(1, Interleave.Upper(arguments[0], arguments[1]));
    }
}
