using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;
using Half = System.Half;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Each instruction of a warp against what it means, number by number.</summary>
public class WarpPrimitiveTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Lanes = 32;
    private const int Registers = WarpCallArguments.Registers;

    [Theory, EachBackend(CudaOnly = true)]
    public void Mma_of_fp16_multiplies_fragments(Backend backend) => VerifyMultiplyAdd<StoredFp16, Half>(
        backend, StoredType.Float16, BitConverter.HalfToUInt16Bits);

    [Theory, EachBackend(CudaOnly = true)]
    public void Mma_of_bf16_multiplies_fragments(Backend backend) => VerifyMultiplyAdd<StoredBf16, BFloat16>(
        backend, StoredType.BFloat16, stored => stored.Bits);

    [Theory, EachBackend(CudaOnly = true)]
    public void Packing_rounds_two_numbers_to_fp16(Backend backend) => VerifyPack<StoredFp16, Half>(
        backend, StoredType.Float16, BitConverter.HalfToUInt16Bits);

    [Theory, EachBackend(CudaOnly = true)]
    public void Packing_rounds_two_numbers_to_bf16(Backend backend) => VerifyPack<StoredBf16, BFloat16>(
        backend, StoredType.BFloat16, stored => stored.Bits);

    [Theory, EachBackend(CudaOnly = true)]
    public void Ldmatrix_gives_each_lane_two_neighbours_of_a_row_of_each_matrix(Backend backend)
    {
        (uint[] input, int[] rows) = Matrices();

        uint[] output = Call<CallLoad>(backend, input);

        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int matrix = 0; matrix < 4; matrix++)
            {
                uint expected = Element(rows[(8 * matrix) + (lane / 4)], 2 * (lane % 4)) | (Element(rows[(8 * matrix) + (lane / 4)], (2 * (lane % 4)) + 1) << 16);
                output[(lane * Registers) + matrix].Should().Be(expected, $"it is register {matrix} of lane {lane}");
            }
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Transposed_ldmatrix_gives_each_lane_two_neighbours_of_a_column_of_each_matrix(Backend backend)
    {
        (uint[] input, int[] rows) = Matrices();

        uint[] output = Call<CallLoadTransposed>(backend, input);

        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int matrix = 0; matrix < 4; matrix++)
            {
                int first = (8 * matrix) + (2 * (lane % 4));
                uint expected = Element(rows[first], lane / 4) | (Element(rows[first + 1], lane / 4) << 16);
                output[(lane * Registers) + matrix].Should().Be(expected, $"it is register {matrix} of lane {lane}");
            }
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void A_copy_fills_up_with_zeros(Backend backend)
    {
        uint[] input = Bits(RandomData.Normal(1, Lanes * Registers));
        for (int lane = 0; lane < Lanes; lane++)
            input[(lane * Registers) + 4] = (uint)(4 * (lane % 5));

        uint[] output = Call<CallCopy>(backend, input);

        for (int index = 0; index < Lanes * 4; index++)
        {
            (int lane, int register) = (index / 4, index % 4);
            output[(lane * Registers) + register].Should().Be(register < lane % 5 ? input[(lane * Registers) + register] : 0, $"it is word {register} of lane {lane}");
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void A_shuffle_exchanges_numbers(Backend backend)
    {
        uint[] input = Bits(RandomData.Normal(2, Lanes * Registers));

        uint[] output = Call<CallXor>(backend, input);

        for (int lane = 0; lane < Lanes; lane++)
        {
            output[lane * Registers].Should().Be(input[(lane ^ 1) * Registers]);
            output[(lane * Registers) + 1].Should().Be(input[(lane ^ 2) * Registers]);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void A_shuffle_brings_the_number_of_any_lane(Backend backend)
    {
        uint[] input = Bits(RandomData.Normal(4, Lanes * Registers));
        for (int lane = 0; lane < Lanes; lane++)
            input[(lane * Registers) + 2] = (uint)(lane * 7 % Lanes);

        uint[] output = Call<CallFrom>(backend, input);

        for (int lane = 0; lane < Lanes; lane++)
        {
            int source = lane * 7 % Lanes * Registers;
            output.AsSpan(lane * Registers, 3).ToArray().Should().Equal(input[source], input[source], input[source + 1]);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void A_score_is_masked_outside_a_range_and_where_no_bit_is_set(Backend backend)
    {
        uint[] input = Bits(RandomData.Normal(5, Lanes * Registers));
        for (int lane = 0; lane < Lanes; lane++)
            new uint[] { (uint)(lane - 8), unchecked((uint)-3), 9, 1u << lane }.CopyTo(input, (lane * Registers) + 1);

        uint[] output = Call<CallMaskedScore>(backend, input);

        uint masked = BitConverter.SingleToUInt32Bits(float.NegativeInfinity);
        for (int lane = 0; lane < Lanes; lane++)
        {
            output[lane * Registers].Should().Be(lane - 8 is >= -3 and < 9 ? input[lane * Registers] : masked, $"the key is {lane - 8}");
            output[(lane * Registers) + 1].Should().Be(lane == 5 ? input[lane * Registers] : masked, $"bit {lane} is set");
        }
    }

    [Theory, EachBackend(0u, CudaOnly = true), EachBackend(0x8000_0000u, CudaOnly = true), EachBackend(0x1234_5678u, CudaOnly = true)]
    public void A_vote_counts_every_lane(Backend backend, uint votes)
    {
        var input = new uint[Lanes * Registers];
        for (int lane = 0; lane < Lanes; lane++)
            input[lane * Registers] = ((votes >> lane) & 1) == 0 ? 0u : (uint)(lane + 1);

        uint[] output = Call<CallVote>(backend, input);

        for (int lane = 0; lane < Lanes; lane++)
        {
            output[lane * Registers].Should().Be(votes == 0 ? 0u : 1u);
            output[(lane * Registers) + 1].Should().Be(votes);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Powers_of_two_are_near_and_of_whole_numbers_exact(Backend backend)
    {
        float[] exponents = [0f, -1f, -20f, -126f, -200f, float.NegativeInfinity, float.NaN, 3f, .. RandomData.Uniform(3, Lanes - 8, -30f, 0f)];
        var input = new uint[Lanes * Registers];
        for (int lane = 0; lane < Lanes; lane++)
            input[lane * Registers] = BitConverter.SingleToUInt32Bits(exponents[lane]);

        float[] output = [.. Call<CallPowerOfTwo>(backend, input).Chunk(Registers).Select(registers => BitConverter.UInt32BitsToSingle(registers[0]))];

        output[..8].Should().Equal(1f, 0.5f, MathF.ScaleB(1f, -20), MathF.ScaleB(1f, -126), 0f, 0f, float.NaN, 8f);
        for (int lane = 8; lane < Lanes; lane++)
            output[lane].Should().BeApproximately(MathF.Pow(2, exponents[lane]), 4e-7f * MathF.Pow(2, exponents[lane]));
    }

    [Theory, EachBackend(0, CudaOnly = true), EachBackend(1, CudaOnly = true), EachBackend(15, CudaOnly = true)]
    public void A_tile_is_rescaled_row_by_row(Backend backend, int changedRows)
    {
        // Exponents of a lane's four rows; where there was no key so far, infinity, which stays where there is none yet.
        float[] older = [2f, float.PositiveInfinity, -3f, 0f];
        float[] newer = [.. older.Select((exponent, row) => ((changedRows >> row) & 1) == 0 ? exponent : row == 1 ? 5f : exponent - row - 1)];
        uint[] input = Bits(RandomData.Normal(4, Lanes * Registers));
        for (int lane = 0; lane < Lanes; lane++)
        {
            // Lane 7 alone has something new.
            Bits(older).CopyTo(input, (lane * Registers) + 8);
            Bits(lane == 7 ? newer : older).CopyTo(input, (lane * Registers) + 12);
        }

        float[] output = [.. Call<CallRescale>(backend, input).Select(BitConverter.UInt32BitsToSingle)];

        for (int index = 0; index < output.Length; index++)
        {
            (int lane, int register) = (index / Registers, index % Registers);
            int row = (register / 8 * 2) + (register / 2 % 2);
            float before = BitConverter.UInt32BitsToSingle(input[(lane * Registers) + (register % 8)]) * (register < 8 ? 1f : -1f);
            float factor = lane == 7 && newer[row] != older[row] ? MathF.Pow(2, newer[row] - older[row]) : 1f;
            output[index].Should().Be(before * factor, $"it is register {register} of lane {lane}");
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Kernels_with_tiles_of_as_many_numbers_do_not_disturb_one_another(Backend backend)
    {
        uint[] input = Bits(RandomData.Normal(9, Lanes * Registers));
        for (int lane = 0; lane < Lanes; lane++)
            input[(lane * Registers) + 12] = 1;

        uint[] first = Call<CallWideThenNarrow>(backend, input);
        uint[] second = Call<CallNarrowThenWide>(backend, input);

        // Halves are exchanged once.
        first[0].Should().Be(input[3]);
        second[0].Should().Be(input[7]);
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Stored_numbers_become_factors_exactly(Backend backend)
    {
        VerifyFactors<StoredInt8>();
        VerifyFactors<StoredInt4>();
        VerifyFactors<StoredFp8E4M3>();
        VerifyFactors<StoredFp8E5M2>();

        void VerifyFactors<TFormat>()
            where TFormat : unmanaged, IFormat<TFormat>
        {
            Verify<TFormat, CallFactors<TFormat>>(backend, half => BitConverter.UInt32BitsToSingle((uint)half << 16));
            Verify<TFormat, CallHalfFactors<TFormat>>(backend, half => (float)BitConverter.UInt16BitsToHalf(half));
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Pairs_are_multiplied(Backend backend)
    {
        var input = new uint[Lanes * Registers];

        // 3 and −0.25 by 1/4 and 1/2.
        (input[0], input[1]) = (0xB400_4200, 0x3800_3400);

        Call<CallScale>(backend, input)[0].Should().Be(0xB000_3A00);
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Few_bytes_are_copied_and_others_are_zeros(Backend backend)
    {
        var input = new uint[Lanes * Registers];
        for (int lane = 0; lane < Lanes; lane++)
            (input[lane * Registers], input[(lane * Registers) + 1], input[(lane * Registers) + 2]) = (Element(lane, 1), Element(lane, 2), lane % 2 == 0 ? 4u : 0);

        uint[] output = Call<CallCopyFew>(backend, input);

        for (int lane = 0; lane < Lanes; lane++)
        {
            uint[] expected = lane % 2 == 0 ? [Element(lane, 1), Element(lane, 2)] : [0, 0];
            output[(lane * Registers)..((lane * Registers) + 4)].Should().Equal([.. expected, .. expected], "it is lane {0}", lane);
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Halves_are_interleaved(Backend backend)
    {
        var input = new uint[Lanes * Registers];
        (input[0], input[1]) = (0x2222_1111, 0x4444_3333);

        uint[] output = Call<CallInterleave>(backend, input);

        output[..2].Should().Equal(0x3333_1111, 0x4444_2222);
    }

    private static uint[] Bits(float[] numbers) => Array.ConvertAll(numbers, BitConverter.SingleToUInt32Bits);

    // 16 bits that say where they are: the lane that has stored them, and which of its eight they are.
    private static uint Element(int lane, int index) => (uint)((lane * 256) + index);

    // Each lane's 16 bytes, and whose 16 bytes each asks for.
    private static (uint[] Input, int[] Rows) Matrices()
    {
        var input = new uint[Lanes * Registers];
        int[] rows = [.. Enumerable.Range(0, Lanes).Select(lane => lane * 11 % Lanes)];
        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int register = 0; register < 4; register++)
                input[(lane * Registers) + register] = Element(lane, 2 * register) | (Element(lane, (2 * register) + 1) << 16);
            input[(lane * Registers) + 4] = (uint)rows[lane];
        }

        return (input, rows);
    }

    private void VerifyPack<TElement, T>(Backend backend, StoredType<T> type, Func<T, ushort> bits)
        where TElement : unmanaged, IElement<TElement>
        where T : unmanaged
    {
        uint[] input = Bits(RandomData.Normal(5, Lanes * Registers, 1e-3f));
        float[] special = [0f, -0f, float.PositiveInfinity, float.NegativeInfinity, 1f + MathF.ScaleB(1f, -11), 1f + MathF.ScaleB(3f, -11), 1f + MathF.ScaleB(1f, -8), 6e-8f];
        for (int lane = 0; lane < special.Length; lane++)
            input[lane * Registers] = BitConverter.SingleToUInt32Bits(special[lane]);

        uint[] output = Call<CallPack<TElement>>(backend, input);

        for (int lane = 0; lane < Lanes; lane++)
        {
            ushort[] expected = [.. input[(lane * Registers)..((lane * Registers) + 2)].Select(word => bits(type.Narrow(BitConverter.UInt32BitsToSingle(word))))];
            output[lane * Registers].Should().Be(expected[0] | ((uint)expected[1] << 16), $"it is lane {lane}");
        }
    }

    // Every byte beside some others.
    private void Verify<TFormat, TCall>(Backend backend, Func<ushort, float> widen)
        where TFormat : unmanaged, IFormat<TFormat>
        where TCall : struct, IWarpPrimitive
    {
        for (uint first = 0; first < 256; first += Lanes)
        {
            var input = new uint[Lanes * Registers];
            for (uint lane = 0; lane < Lanes; lane++)
            {
                input[lane * Registers] = (first + lane) | ((255 - first - lane) << 8) | (((first + (7 * lane)) & 255) << 16) | ((first ^ 0xA5) << 24);
                input[(lane * Registers) + 1] = input[lane * Registers] * 0x9E37_79B1;
            }

            uint[] output = Call<TCall>(backend, input);

            for (int lane = 0; lane < Lanes; lane++)
            {
                for (int place = 0; place < 8; place++)
                {
                    ushort half = (ushort)(output[(lane * Registers) + (place / 2)] >> (16 * (place % 2)));
                    uint word = input[(lane * Registers) + (place / TFormat.PerWord)];
                    widen(half).Should().Be(TFormat.Widen(word, place % TFormat.PerWord), $"it is number {place} of {word:X8} as {typeof(TFormat).Name}");
                }
            }
        }
    }

    private void VerifyMultiplyAdd<TElement, T>(Backend backend, StoredType<T> type, Func<T, ushort> bits)
        where TElement : unmanaged, IElement<TElement>
        where T : unmanaged
    {
        // Small integers, whose sums are exact in any order.
        float[] a = [.. RandomData.Uniform(6, 16 * 16, -8f, 8f).Select(element => MathF.Round(element))];
        float[] b = [.. RandomData.Uniform(7, 16 * 8, -8f, 8f).Select(element => MathF.Round(element))];
        float[] c = [.. RandomData.Uniform(8, 16 * 8, -8f, 8f).Select(element => MathF.Round(element))];
        var input = new uint[Lanes * Registers];
        for (int lane = 0; lane < Lanes; lane++)
        {
            (int g, int t) = (lane / 4, lane % 4);
            int first = lane * Registers;
            for (int register = 0; register < 4; register++)
            {
                int row = g + (8 * (register % 2));
                int column = (2 * t) + (8 * (register / 2));
                input[first + register] = Pair(a[(row * 16) + column], a[(row * 16) + column + 1]);
                input[first + 8 + register] = BitConverter.SingleToUInt32Bits(c[((g + (8 * (register / 2))) * 8) + (2 * t) + (register % 2)]);
            }

            input[first + 4] = Pair(b[(2 * t * 8) + g], b[(((2 * t) + 1) * 8) + g]);
            input[first + 5] = Pair(b[(((2 * t) + 8) * 8) + g], b[(((2 * t) + 9) * 8) + g]);
        }

        uint[] output = Call<CallMultiplyAdd<TElement>>(backend, input);

        for (int index = 0; index < Lanes * 4; index++)
        {
            (int lane, int register) = (index / 4, index % 4);
            (int row, int column) = ((lane / 4) + (8 * (register / 2)), (2 * (lane % 4)) + (register % 2));
            float expected = c[(row * 8) + column] + Enumerable.Range(0, 16).Sum(k => a[(row * 16) + k] * b[(k * 8) + column]);
            BitConverter.UInt32BitsToSingle(output[(lane * Registers) + register]).Should().Be(expected, $"it is element ({row}, {column})");
        }

        uint Pair(float low, float high) => bits(type.Narrow(low)) | ((uint)bits(type.Narrow(high)) << 16);
    }

    private uint[] Call<TPrimitive>(Backend backend, uint[] input)
        where TPrimitive : struct, IWarpPrimitive
    {
        AttentionDevice device = Device(backend);
        using MemoryBuffer1D<uint, Stride1D.Dense> source = device.Accelerator.Allocate1D(input);
        using MemoryBuffer1D<uint, Stride1D.Dense> result = device.Accelerator.Allocate1D<uint>(Lanes * Registers);
        device.LoadGroupKernel<WarpCall<TPrimitive>, WarpCallArguments>().Run(
            device.DefaultStream, new WarpCallArguments { Input = source.View.AsContiguous(), Output = result.View.AsContiguous() }, 1);
        device.Synchronize();
        return result.GetAsArray1D();
    }
}
