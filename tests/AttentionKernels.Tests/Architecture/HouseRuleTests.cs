using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Architecture;

/// <summary>Each rule counts what it should, in sources that are made for it.</summary>
[Trait("Speed", "Quick")]
public class HouseRuleTests
{
    [Theory]
    [InlineData("lines-of-code", "using System;\n\n// A.\nclass A\n{\n    string a = @\"\n\"; // A.\n}\n", 5)]
    [InlineData("constraints", "class A<T, U> where T : class where U : T { void M<V>() where V : struct { } }", 3)]
    [InlineData("long-parameter-lists", "class A { void M(int a, int b, int c, int d, int e, int f, int g, int h) { } }", 0)]
    [InlineData("long-parameter-lists", "class A { void M(int a, int b, int c, int d, int e, int f, int g, int h, int i) { } }", 1)]
    [InlineData("long-parameter-lists", "class A { void M() { void N(int a, int b, int c, int d, int e, int f, int g, int h, int i) { } } }", 1)]
    [InlineData("long-parameter-lists", "class A(int a, int b, int c, int d, int e, int f, int g, int h, int i);", 1)]
    [InlineData("long-parameter-lists", "record A(int B, int C, int D, int E, int F, int G, int H, int I, int J);", 0)]
    [InlineData("long-type-parameter-lists", "class A<B, C, D, E, F, G, H, I> { void M<B1, C1, D1, E1, F1, G1, H1, I1, J1>() { } }", 0)]
    [InlineData("long-type-parameter-lists", "struct A<B, C, D, E, F, G, H, I, J>;", 1)]
    [InlineData("operands-by-number", "class A { string M(string[] operand, int i) => $\"{operand[0]} {operand[i]}\" + operand[1]; }", 2)]
    [InlineData("type-comparisons", "class A { bool M<T>() => typeof(T) == typeof(int) || typeof(int) == typeof(string); }", 1)]
    public void A_rule_counts(string rule, string text, int expected) => Measure(rule, ("A/A.cs", text)).Value.Should().Be(expected);

    [Fact]
    public void Files_and_lines_may_have_a_length()
    {
        string longest = "// " + new string('é', 137);
        string[] files = [longest + string.Concat(Enumerable.Repeat("\n", 300)), longest + "é" + string.Concat(Enumerable.Repeat("\n// ", 300))];

        Measure("long-files", ("A/A.cs", files[0]), ("A/B.cs", files[1])).Places.Should().Equal("A/B.cs: 301 lines");
        Measure("long-lines-of-code", ("A/A.cs", files[0]), ("A/B.cs", files[1])).Places.Should().Equal("A/B.cs:1: 141 columns");
    }

    [Fact]
    public void Circles_are_told_with_the_types_that_close_them()
    {
        (string, string)[] files =
        [
            ("Low/One.cs", "/// <see cref=\"Top\"/>\nclass One { Three? three; }"),
            ("Mid/Two.cs", "class Two : One;"),
            ("Mid/Part.cs", "partial class Three : One;"),
            ("Top/Three.cs", "partial class Three { Two M() => new(); }"),
            ("Top/Top.cs", "class Top { object M() => new Three().ToString(); }"),
        ];

        Measure("import-circles", files).Places.Should().Equal("Low -> Mid -> Low", "Low/One.cs uses Three");
    }

    [Fact]
    public void An_import_of_a_folder_above_is_upward_without_a_circle_too()
    {
        FolderImports imports = Imports(Source(("Low/One.cs", "class One { Two? two; }"), ("Top/Two.cs", "class Two;"), ("New/Three.cs", "class Three;")));

        imports.Upward.Select(import => import.Name).Should().Equal("Low -> Top");
        imports.Circles.Should().BeEmpty();
        imports.Unordered.Should().Equal("New");
    }

    [Fact]
    public void Files_that_do_not_compile_are_not_measured()
    {
        Action read = () => Source(("A/A.cs", "class A : Absent;"));

        read.Should().Throw<ArgumentException>().WithMessage("*Absent*");
    }

    private static HouseFigure Measure(string rule, params (string Path, string Text)[] files)
    {
        LibrarySource source = Source(files);
        return HouseFigures.Measure(source, Imports(source), new Dictionary<string, IReadOnlyList<string>>()).Single(figure => figure.Name == rule);
    }

    private static LibrarySource Source(params (string Path, string Text)[] files) => new(files.Select(file => new SourceFile(file.Path, file.Text)));

    private static FolderImports Imports(LibrarySource source) => new(source, ["A", "Low", "Mid", "Top"]);
}
