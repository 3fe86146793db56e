using System.Reflection;
using System.Runtime.CompilerServices;
using AttentionKernels.Simd;
using FluentAssertions;
using ILGPU.IR.Intrinsics;
using Xunit;

namespace AttentionKernels.Tests.Simd;

/// <summary>Loops over vectors stay methods of their own: inlined by a profile, their vector operations become calls.</summary>
[Trait("Speed", "Quick")]
public class InnerLoopTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    // The types that extension blocks become, which have a special name, have no bodies.
    [Fact]
    public void The_body_of_every_micro_kernel_is_compiled_alone_and_with_all_optimisations()
    {
        MethodInfo[] bodies =
        [
            .. from type in typeof(InnerLoop).Assembly.GetTypes()
               from method in type.GetMethods(Declared)
               where !type.IsSpecialName && method.IsDefined(typeof(IntrinsicImplementationAttribute)) && method.Name.EndsWith("Core", StringComparison.Ordinal)
               select method,
        ];

        bodies.Should().HaveCountGreaterThan(20);
        bodies.Where(body => !Has(body, InnerLoop.Compilation)).Select(body => $"{body.DeclaringType!.Name}.{body.Name}").Should().BeEmpty();
    }

    [Fact]
    public void What_is_compiled_with_all_optimisations_is_compiled_alone_but_for_the_tile_that_calls_it()
    {
        MethodInfo[] optimised =
        [
            .. from type in typeof(InnerLoop).Assembly.GetTypes()
               from method in type.GetMethods(Declared)
               where Has(method, MethodImplOptions.AggressiveOptimization) && method.Name != "Run"
               select method,
        ];

        optimised.Should().HaveCountGreaterThan(30).And.OnlyContain(method => Has(method, InnerLoop.Compilation));
    }

    private static bool Has(MethodInfo method, MethodImplOptions options) =>
        ((int)method.MethodImplementationFlags & (int)options) == (int)options;
}
