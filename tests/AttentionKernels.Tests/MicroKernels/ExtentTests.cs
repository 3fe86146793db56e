using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>
/// Every micro-kernel checks the whole extent of every operand on the managed CPU. The operand in question ends where the memory ends:
/// there it is legal, and one element further, or with a size that makes it longer, it is not. The other operands have room to spare.
/// </summary>
[Trait("Speed", "Quick")]
public class ExtentTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Memory = 4000;
    private const int OffsetStep = 30;

    // Rows lie at equal distances.
    private static readonly long[] _offsets = [.. Enumerable.Range(0, 16).Select(row => (long)row * OffsetStep)];

    // Sizes of a legal call, and the operands' lengths by them.
    private static readonly Dictionary<string, Subject> _subjects = new()
    {
        [nameof(PanelScores<>)] = Subject.Of<PanelScores<StoredFp32>>([8, 5, 7, 0, 3, 6], (sizes, width) =>
            [(((width.Blocks(sizes[0]) * width.BlockRows) - 1) * sizes[2]) + sizes[1], sizes[1] * width.Panel, width.Blocks(sizes[0]) * width.BlockRows * width.Panel,
                (OffsetStep * (sizes[3] + sizes[4] - 1)) + sizes[5]]),
        [nameof(PanelOutputs<>)] = Subject.Of<PanelOutputs<StoredFp32>>([50, 3, 5, 0, 3, 6], (sizes, width) =>
            [((sizes[1] - 1) * sizes[0]) + (sizes[2] * width.BlockRows), sizes[2] * width.Panel, width.Panel, sizes[1] * width.BlockRows * width.Panel,
                (OffsetStep * (sizes[3] + sizes[4] - 1)) + sizes[5]]),
        [nameof(PanelUpdate)] = Subject.Of<PanelUpdate>([5], (sizes, width) => [sizes[0] * width.Panel, width.Panel, width.Panel, width.Panel], elements: 1),
        [nameof(PanelMask)] = Subject.Of<PanelMask>([5], (sizes, width) => [sizes[0] * width.Panel, width.Panel, width.Panel]),
        [nameof(FormulaPanel<>)] = Subject.Of<FormulaPanel<EachFunction>>(
            [5], (sizes, width) => [sizes[0] * width.Panel, RowTerms.Count * width.Panel], elements: 1),
        [nameof(FormulaRows<>)] = Subject.Of<FormulaRows<EachFunction>>([40, 3, 16], (sizes, width) =>
            [((sizes[1] - 1) * sizes[0]) + width.WholeVectors(sizes[2]), sizes[1] * RowTerms.Count], elements: 2),
        [nameof(LaneFill<>)] = Subject.Of<LaneFill<StoredFp32>>([5], (sizes, width) => [((sizes[0] - 1) * width.Panel) + 1, sizes[0]]),
        [nameof(LaneStore<>)] = Subject.Of<LaneStore<StoredFp32>>([5], (sizes, width) => [((sizes[0] - 1) * width.Panel) + 1, sizes[0]], elements: 1),
        [nameof(GatherRows<>)] = Subject.Of<GatherRows<StoredFp32>>([0, 9, 3, 8], (sizes, _) =>
            [(OffsetStep * (sizes[0] + sizes[2] - 1)) + sizes[3], ((sizes[2] - 1) * sizes[1]) + sizes[3]]),
        [nameof(GatherBlocks<>)] = Subject.Of<GatherBlocks<StoredFp32>>([0, 40, 3, 8], (sizes, width) =>
            [(OffsetStep * (sizes[0] + sizes[2] - 1)) + sizes[3], ((width.Blocks(sizes[3]) - 1) * sizes[1]) + (sizes[2] * width.BlockRows)], elements: 1),
        [nameof(GatherColumns)] = Subject.Of<GatherColumns>([0, 2, 9, 3, 8], (sizes, _) =>
            [(OffsetStep * (sizes[0] + sizes[3] - 1)) + ((sizes[4] - 1) * sizes[1]) + 1, ((sizes[4] - 1) * sizes[2]) + sizes[3]]),
        [nameof(RowScores<>)] = Subject.Of<RowScores<StoredFp32>>([0, 5, 10, 8, 2, 3, 5, 9], (sizes, _) =>
            [sizes[4] * sizes[5] * sizes[7], (OffsetStep * (sizes[0] + sizes[6] - 1)) + ((sizes[4] - 1) * sizes[2]) + sizes[7], (((sizes[4] * sizes[5]) - 1) * sizes[3]) + sizes[6]]),
        [nameof(RowScoresAtStride<>)] = Subject.Of<RowScoresAtStride<StoredFp32>>([30, 8, 3, 5, 9], (sizes, _) =>
            [sizes[2] * sizes[4], ((sizes[3] - 1) * sizes[0]) + sizes[4], ((sizes[2] - 1) * sizes[1]) + sizes[3]]),
        [nameof(RowOutputs<>)] = Subject.Of<RowOutputs<StoredFp32>>([0, 5, 10, 8, 2, 3, 5, 9], (sizes, _) =>
            [(((sizes[4] * sizes[5]) - 1) * sizes[3]) + sizes[6], (OffsetStep * (sizes[0] + sizes[6] - 1)) + ((sizes[4] - 1) * sizes[2]) + sizes[7], sizes[4] * sizes[5] * sizes[7]]),
        [nameof(RowUpdate)] = Subject.Of<RowUpdate>([40, 3, 16], (sizes, width) =>
            [((sizes[1] - 1) * sizes[0]) + width.WholeVectors(sizes[2]), sizes[1], sizes[1], sizes[1]], elements: 1),
        [nameof(NormSums<>)] = Subject.Of<NormSums<StoredFp32>>([5], (sizes, _) => [sizes[0]], elements: 4),
        [nameof(RowTotal<>)] = Subject.Of<RowTotal<StoredFp32>>([20, 3, 5], (sizes, _) => [((sizes[1] - 1) * sizes[0]) + sizes[2]], elements: 3),
        [nameof(SumOfExponentials<>)] = Subject.Of<SumOfExponentials<StoredFp32>>([5], (sizes, _) => [sizes[0]], elements: 2),
        [nameof(NormalizeExponentials<,>)] = Subject.Of<NormalizeExponentials<StoredFp32, CachedStore>>([5], (sizes, _) => [sizes[0], sizes[0]], elements: 2),
        [nameof(AddIndexedRows<>)] = Subject.Of<AddIndexedRows<StoredFp32>>([1, 3, 5], (sizes, _) => [sizes[1] * sizes[2], sizes[1], sizes[2]]),
        [nameof(NormNormalize<,,>)] = Subject.Of<NormNormalize<StoredFp32, WeightAndBias, CachedStore>>([5], (sizes, _) => [sizes[0], sizes[0], sizes[0], sizes[0]], elements: 4),
        [nameof(NormMagnitude<,>)] = Subject.Of<NormMagnitude<StoredFp32, WeightAndBias>>([5], (sizes, _) => [sizes[0], 1, sizes[0], sizes[0]], elements: 4),
        [nameof(NormQuantize<,,>)] = Subject.Of<NormQuantize<StoredFp32, WeightAndBias, StoredFp32>>(
            [5], (sizes, _) => [sizes[0], sizes[0], sizes[0], sizes[0]], elements: 5),
        [nameof(SharedWeightAndBias)] = Subject.Of<NormNormalize<StoredFp32, SharedWeightAndBias, CachedStore>>([5], (sizes, _) => [sizes[0], sizes[0]], elements: 6),
        [nameof(RotaryHalfSplit<,>)] = Subject.Of<RotaryHalfSplit<StoredFp32, CachedStore>>([20, 30, 3, 4, 11], (sizes, _) =>
            [((sizes[2] - 1) * sizes[0]) + sizes[4], sizes[3], sizes[3], ((sizes[2] - 1) * sizes[1]) + sizes[4]]),
        [nameof(RotaryInterleaved<,>)] = Subject.Of<RotaryInterleaved<StoredFp32, CachedStore>>([20, 30, 3, 4, 11], (sizes, _) =>
            [((sizes[2] - 1) * sizes[0]) + sizes[4], sizes[3], sizes[3], ((sizes[2] - 1) * sizes[1]) + sizes[4]]),
        [nameof(RowDot)] = Subject.Of<RowDot>([5], (sizes, _) => [sizes[0], sizes[0]], elements: 1),
        [nameof(RowMultiplyAdd)] = Subject.Of<RowMultiplyAdd>([5], (sizes, _) => [sizes[0], sizes[0]]),
        [nameof(RowMultiply)] = Subject.Of<RowMultiply>([5], (sizes, _) => [sizes[0], sizes[0]]),
        [nameof(RowScale)] = Subject.Of<RowScale>([5], (sizes, _) => [sizes[0], sizes[0]]),
        [nameof(RowClear)] = Subject.Of<RowClear>([5], (sizes, _) => [sizes[0]]),
    };

    public static TheoryData<string> MicroKernels => [.. _subjects.Keys];

    [Theory]
    [MemberData(nameof(MicroKernels))]
    public void An_operand_may_end_with_the_memory_and_go_no_element_further(string microKernel)
    {
        Subject subject = _subjects[microKernel];
        foreach (Width width in new Width[] { new(4, 4), new(8, 4), new(16, 8) })
        {
            int[] lengths = subject.Lengths(subject.Sizes, width);
            for (int operand = 0; operand < lengths.Length; operand++)
            {
                int offset = Memory - lengths[operand];
                Run(subject, width, subject.Numbers(width, operand, offset, subject.Sizes));
                Violation(subject, width, subject.Numbers(width, operand, offset + 1, subject.Sizes), $"operand {operand} lies one element further");
                Violation(subject, width, subject.Numbers(width, operand, -1, subject.Sizes), $"operand {operand} lies one element too early");
                for (int size = 0; size < subject.Sizes.Length; size++)
                {
                    int[] larger = [.. subject.Sizes];
                    larger[size]++;
                    if (subject.Lengths(larger, width)[operand] > lengths[operand])
                        Violation(subject, width, subject.Numbers(width, operand, offset, larger), $"size {size} makes operand {operand} longer");
                }
            }
        }
    }

    private void Run(Subject subject, Width width, int[] numbers)
    {
        AttentionDevice device = Device(Backend.Cpu);
        using var memory = GuardedTensor<float>.Of(device, new float[Memory], [Memory]);

        subject.Launch(device, width.Lanes, memory, numbers, _offsets);

        memory.Verify();
        Bounds.AssertNone();
    }

    private void Violation(Subject subject, Width width, int[] numbers, string because)
    {
        AttentionDevice device = Device(Backend.Cpu);
        using var memory = GuardedTensor<float>.Of(device, new float[Memory], [Memory]);

        subject.Invoking(called => called.Launch(device, width.Lanes, memory, numbers, _offsets)).Should().Throw<BoundsException>(because).WithMessage("*out of *");

        Bounds.Take().Should().ContainSingle();
        memory.VerifyUnchanged();
    }

    private sealed record Width(int Lanes, int BlockRows)
    {
        public int Panel => 2 * Lanes;

        public int Blocks(int rows) => (rows + BlockRows - 1) / BlockRows;

        public int WholeVectors(int count) => (count + Lanes - 1) / Lanes * Lanes;
    }

    private sealed record Subject(Action<AttentionDevice, int, GuardedTensor<float>, int[], long[]> Launch, int[] Sizes, Func<int[], Width, int[]> Lengths, int Elements)
    {
        /// <param name="sizes">The sizes of a legal call.</param>
        /// <param name="lengths">The lengths of the operands by the sizes.</param>
        /// <param name="elements">Numbers between operands and sizes that are offsets of single elements.</param>
        public static Subject Of<TMicroKernel>(int[] sizes, Func<int[], Width, int[]> lengths, int elements = 0)
            where TMicroKernel : struct, IMicroKernel => new(CallMemory.Launch<TMicroKernel>, sizes, lengths, elements);

        /// <summary>A call with one operand at an offset and all others at 0, where it does not matter that they overlap.</summary>
        public int[] Numbers(Width width, int operand, int offset, int[] sizes)
        {
            int offsets = Lengths(sizes, width).Length + Elements;
            var numbers = new int[MicroKernelArguments.NumbersPerCall];
            numbers[operand] = offset;
            sizes.CopyTo(numbers, offsets);
            return numbers;
        }
    }
}
