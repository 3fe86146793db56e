using System.Reflection;
using System.Runtime.CompilerServices;
using AttentionKernels.Devices;
using AttentionKernels.Tests.Cuda;
using FluentAssertions;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>What is inlined everywhere is optimised where it went to, and not once more for itself.</summary>
[Trait("Speed", "Quick")]
public class LiveMethodsTests
{
    [Fact]
    public void Passes_see_the_kernel_and_what_it_still_calls()
    {
        var seen = new SeenMethods();
        using Context context = Context.Create(builder => builder.AttentionKernels());
        using PTXBackend backend = OfflineCompiler.Backend(context);
        Optimiser.ReplacePasses(context, passes => [new LiveMethods([passes[0], seen, .. passes.AsSpan(1..)])]);

        OfflineCompiler.Compile(backend, Entry(nameof(SumOfSquares)));

        seen.Names.Should().BeEquivalentTo(nameof(SumOfSquares), nameof(Kept));
    }

    [Fact]
    public void The_code_is_what_ILGPU_s_own_passes_make()
    {
        using Context context = Context.Create(builder => builder.AttentionKernels());
        using PTXBackend backend = OfflineCompiler.Backend(context);
        string expected = OfflineCompiler.WithoutNumbers(OfflineCompiler.Compile(backend, Entry(nameof(SumOfSquares))));

        using Context repaired = Context.Create(builder => builder.AttentionKernels());
        using PTXBackend repairedBackend = OfflineCompiler.Backend(repaired);
        Optimiser.ReplacePasses(repaired, static passes => [new LiveMethods(passes)]);

        Compiled(nameof(SumOfSquares)).Should().Be(expected);

        // Behind a kernel that has inlined what this one calls.
        Compiled(nameof(Square)).Should().Contain("mul.lo.s32").And.NotContain("call");
        Compiled(nameof(SumOfSquares)).Should().Be(expected);

        string Compiled(string kernel) => OfflineCompiler.WithoutNumbers(OfflineCompiler.Compile(repairedBackend, Entry(kernel)));
    }

    [Fact]
    public void Backends_of_one_context_are_repaired_once()
    {
        using Context context = Context.Create(builder => builder.AttentionKernels());
        for (int count = 0; count < 2; count++)
        {
            using PTXBackend backend = OfflineCompiler.Backend(context);
            Optimiser.Repair(backend);
        }

        Optimiser.ReplacePasses(context, passes =>
        {
            passes.Should().ContainSingle().Which.Should().BeOfType<LiveMethods>();
            return passes;
        });
    }

    private static MethodInfo Entry(string name) =>
        typeof(LiveMethodsTests).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    private static void SumOfSquares(ArrayView<int> memory) => memory[Grid.GlobalIndex.X] = Kept(Helper(memory[0]) + Helper(memory[1]));

    private static void Square(ArrayView<int> memory) => memory[Grid.GlobalIndex.X] = Helper(memory[0]);

    private static int Helper(int value) => InnerHelper(value, value);

    private static int InnerHelper(int value, int factor) => value * factor;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Kept(int value) => InnerHelper(value, 7);

    /// <summary>Notes the methods that come to it.</summary>
    private sealed class SeenMethods : Transformation
    {
        public List<string> Names { get; } = [];

        public override void Transform(in MethodCollection methods)
        {
            foreach (Method method in methods)
                Names.Add(method.Source.Name);
        }
    }
}
