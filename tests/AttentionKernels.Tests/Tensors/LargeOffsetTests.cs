using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Tensors;

/// <summary>Offsets beyond 2³¹ elements, on reserved address space.</summary>
[Trait("Speed", "Quick")]
public class LargeOffsetTests(TestDevices devices) : DeviceTests(devices)
{
    private const long Far = (1L << 31) + 12_345;

    public static IEnumerable<object[]> Kernels =>
        from algorithm in Enum.GetValues<AttentionAlgorithm>()
        from schedule in Schedules.OfAnyFormat
        where algorithm != AttentionAlgorithm.Naive || schedule == KernelSchedule.Vector
        select new object[] { algorithm, schedule };

    [Fact]
    public void A_slice_beyond_2_to_the_31_elements_reads_and_writes_the_right_address()
    {
        Assert.SkipUnless(HugeMemory.IsSupported, "Address space is reserved by mmap.");
        using var memory = new HugeMemory(Device(Backend.Cpu));
        var view = new TensorView<float>(memory.View, [HugeMemory.Length]);

        view.Slice(0, Far, 3).CopyFrom([1f, 2f, 3f]);
        memory[2 * Far] = 4f;

        new[] { memory[Far - 1], memory[Far], memory[Far + 1], memory[Far + 2], memory[Far + 3] }.Should().Equal(0f, 1f, 2f, 3f, 0f);
        view.Slice(0, 2 * Far, 1).ToArray().Should().Equal(4f);
        view.Slice(0, Far, 10).Slice(0, 2, 1).ToArray().Should().Equal(3f);
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Attention_over_strides_beyond_2_to_the_31_elements_is_right(AttentionAlgorithm algorithm, KernelSchedule schedule)
    {
        Assert.SkipUnless(HugeMemory.IsSupported, "Address space is reserved by mmap.");
        AttentionDevice device = Device(Backend.Cpu);
        using var memory = new HugeMemory(device);
        var inputs = new AttentionInputs
        {
            Query = RandomData.Normal(1, 8),
            Key = RandomData.Normal(2, 12),
            Value = RandomData.Normal(3, 12),
            Heads = 2,
            Keys = 3,
            HeadDimension = 4,
        };

        // The second head of the query and the later keys lie beyond 32 bits.
        TensorView<float> query = Place(memory, 0, [1, 1, 2, 4], [Far, Far, Far, 1], inputs.Query);
        TensorView<float> key = Place(memory, 100, [1, 3, 1, 4], [1, Far, 1, 1], inputs.Key);
        TensorView<float> value = Place(memory, 200, [1, 3, 1, 4], [1, Far, 1, 1], inputs.Value);
        TensorView<float> output = Place(memory, 300, [1, 1, 2, 4], [Far, Far, Far, 1], new float[8]);
        using AttentionPlan<float> plan = device.PlanAttention(query.Shape, key.Shape, new NoMask(), new AttentionOptions { Algorithm = algorithm, Schedule = schedule });

        plan.Run(query, key, value, output);
        device.Synchronize();

        float[] result = [.. Enumerable.Range(0, 8).Select(index => memory[300 + (index / 4 * Far) + (index % 4)])];
        ErrorRule.Verify(
            result, AttentionOracle.Compute(inputs, new NoMask(), new NoModifier()).Output,
            AttentionOracle.Sequential(inputs, new NoMask(), new NoModifier()), inputs.Value);
    }

    private static TensorView<float> Place(HugeMemory memory, long offset, TensorShape shape, TensorShape strides, float[] elements)
    {
        for (int row = 0; row < elements.Length / 4; row++)
        {
            for (int index = 0; index < 4; index++)
                memory[offset + (row * Far) + index] = elements[(row * 4) + index];
        }

        return new TensorView<float>(memory.View.SubView(offset, memory.View.Length - offset), shape, strides);
    }
}
