using System.Collections.Immutable;
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
        Optimiser.ReplacePasses(context, passes => [new LiveMethods([passes[0], seen, .. passes[1..]])]);

        OfflineCompiler.Compile(backend, Entry(nameof(SumOfSquares)));

        seen.Names.Should().BeEquivalentTo(nameof(SumOfSquares), nameof(Kept));
    }

    [Fact]
    public void The_code_is_what_ILGPU_s_own_passes_make()
    {
        string expected = Compiled(AsIlgpuHasIt, nameof(SumOfSquares));

        Compiled(Optimiser.Repair, nameof(SumOfSquares)).Should().Be(expected);
    }

    [Fact]
    public void A_kernel_whose_helpers_an_earlier_one_has_inlined_is_optimised() =>
        Compiled(Optimiser.Repair, nameof(SumOfSquares), nameof(Square)).Should().Be(Compiled(AsIlgpuHasIt, nameof(Square)));

    [Fact]
    public void A_kernel_that_an_earlier_one_has_inlined_is_optimised()
    {
        string expected = Compiled(AsIlgpuHasIt, nameof(Sum));

        Compiled(Optimiser.Repair, nameof(SumTwice), nameof(Sum)).Should().Be(expected);
        Compiled(AsIlgpuHasIt, nameof(SumTwice), nameof(Sum)).Should().Be(expected);
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

    // Without the faulty pass, but with all others as they were.
    private static void AsIlgpuHasIt(PTXBackend backend)
    {
        ImmutableArray<Transformation> own = [];
        Optimiser.ReplacePasses(backend.Context, passes => own = passes);
        Optimiser.Repair(backend);
        Optimiser.ReplacePasses(backend.Context, _ => own);
    }

    // The last of some kernels that are compiled in one context.
    private static string Compiled(Action<PTXBackend> prepare, params string[] kernels)
    {
        using Context context = Context.Create(builder => builder.AttentionKernels());
        using PTXBackend backend = OfflineCompiler.Backend(context);
        prepare(backend);
        return kernels.Select(kernel => OfflineCompiler.WithoutNumbers(OfflineCompiler.Compile(backend, Entry(kernel)))).Last();
    }

    private static void Sum(ArrayView<int> memory)
    {
        int sum = 0;
        for (int index = 0; index < memory.IntLength; index++)
            sum += Helper(memory[index]);
        memory[Grid.GlobalIndex.X] = sum;
    }

    private static void SumTwice(ArrayView<int> memory)
    {
        Sum(memory);
        Sum(memory.SubView(1));
    }

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
