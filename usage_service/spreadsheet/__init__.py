"""Spreadsheet files as rows of cells, and back: xlsx, xls and csv behind one door.

The only room that knows openpyxl and xlrd. It knows nothing of what the cells mean.

Numbers never pass through binary floating point arithmetic. An xlsx cell is text in the file (ECMA-376 part
1, 18.3.1.96 `v`), and that text is what comes out; openpyxl and python-calamine both hand out a float
instead, which is why the row loop in `xlsx` is ours while openpyxl reads the package around it. An xls cell
*is* an IEEE double in the file (MS-XLS 2.5.342 `Xnum`). Excel calculates to 15 significant digits and
writes 17, so `50.049999999999997` in a file is the 50.05 that was typed: both readers round to 15
significant digits, in decimal, as Excel's own display does.
"""
