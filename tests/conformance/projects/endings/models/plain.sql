select {{ five() }} as five
